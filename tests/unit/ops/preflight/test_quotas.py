"""Tests quotas: those an environment needs, found by name, and how to request more."""

from __future__ import annotations

import pytest

from environments.sections.serving import ScheduledCapacity
from ops.preflight import quotas
from ops.preflight.needs import Need, needs
from tests.unit.ops.preflight.account import Account, quota
from tests.unit.ops.preflight.conftest import Change


def by_name(wanted: list[Need]) -> dict[str, tuple[int, int]]:
    return {need.name: (need.least, need.wanted) for need in wanted}


def test_a_rollout_needs_the_old_and_the_new_fleet(settings: Change) -> None:
    serving = {"instance_type": "ml.c7i.xlarge", "min_instances": 2, "max_instances": 6}
    wanted = by_name(needs(settings(serving=serving), approved=False))
    assert wanted["ml.c7i.xlarge for endpoint usage"] == (4, 13)
    assert wanted["Number of instances across active endpoints"] == (4, 13)
    assert wanted["ml.c7i.xlarge for transform job usage"] == (0, 1)


def test_a_live_ab_test_needs_its_challengers_instances_if_there_can_be_one(settings: Change) -> None:
    name, serving = "ml.c7i.xlarge for endpoint usage", {"instance_type": "ml.c7i.xlarge"}
    for tests, more in (({"challenger_instances": 3}, 3), ({"enabled": False}, 0)):
        assert by_name(needs(settings(serving=serving, ab_tests=tests), approved=False))[name] == (2, 2 + more)


def test_a_model_that_sleeps_begins_with_a_copy_and_a_rollout_adds_one(settings: Change) -> None:
    serving = {"instance_type": "ml.c7i.xlarge", "min_instances": 0, "max_instances": 3}
    [own] = [need for need in needs(settings(serving=serving), approved=False) if "endpoint usage" in need.name]
    assert (own.least, own.wanted, own.why) == (1, 4, "a model that sleeps begins with a copy, and a rollout adds one")


@pytest.mark.parametrize(("least", "wanted"), [(0, 9), (1, 2 * 8 + 1)])
def test_the_schedule_may_raise_the_number_of_instances(settings: Change, least: int, wanted: int) -> None:
    at = ScheduledCapacity(cron="0 7 ? * MON-FRI *", time_zone="UTC", min_instances=1, max_instances=8)
    changed = settings(serving={"min_instances": least, "max_instances": 3, "schedule": [at]})
    [own] = [need for need in needs(changed, approved=False) if "endpoint usage" in need.name]
    assert own.wanted == wanted


def test_training_needs_its_instances_and_after_the_first_model_only_later(settings: Change) -> None:
    changed = settings(training={"instance_count": 3})
    assert by_name(needs(changed, approved=False))["ml.g5.xlarge for training job usage"] == (3, 3)
    assert by_name(needs(changed, approved=True))["ml.g5.xlarge for training job usage"] == (0, 3)


def test_spot_has_quotas_of_its_own(settings: Change) -> None:
    wanted = by_name(needs(settings(training={"spot": True}), approved=False))
    assert wanted["ml.g5.xlarge for spot training job usage"] == (1, 1)
    assert wanted["Number of instances across all spot training jobs"] == (1, 1)
    assert "ml.g5.xlarge for training job usage" not in wanted


def test_a_serverless_endpoint_needs_concurrency_and_batches_need_instances(settings: Change) -> None:
    serving = {"mode": "serverless", "instance_type": None, "serverless_max_concurrency": 20}
    wanted = needs(settings(serving=serving), approved=False)
    [concurrency] = [need for need in wanted if need.pattern]
    assert (concurrency.least, concurrency.wanted) == (20, 40)
    for verb in ("allocated", "shared"):
        assert concurrency.is_named(f"Maximum total concurrency that can be {verb} across all serverless endpoints")
    assert by_name(wanted)["ml.c7i.xlarge for transform job usage"] == (0, 1)
    assert not any("endpoint usage" in need.name for need in wanted)


def test_the_api_needs_functions_at_the_same_time(settings: Change) -> None:
    few = {"throttle_rate": 200, "concurrency": 72}
    slow = settings(api=few, monitoring={"model_latency_ms": 500})
    quick = settings(api={**few, "concurrency": 30}, monitoring={"model_latency_ms": 10})
    assert by_name(needs(slow, approved=True))["Concurrent executions"] == (0, 100)
    # Two functions a request, each environment at most ten requests a second.
    assert by_name(needs(quick, approved=True))["Concurrent executions"] == (0, 40)
    # The number from which one key's share was computed.
    assert by_name(needs(settings(api={"concurrency": 3000}), approved=True))["Concurrent executions"] == (0, 3000)


def test_a_build_in_the_account_needs_codebuild(settings: Change) -> None:
    wanted = needs(settings(serving={"image_build": "codebuild"}), approved=False)
    assert [need.least for need in wanted if need.service == "codebuild"] == [1]


@pytest.mark.parametrize(("rate", "wanted"), [(4_000, []), (4_001, [12_003]), (20_000, [60_000])])
def test_a_request_log_that_is_made_ready_for_more_needs_room_in_its_tables_quota(
    settings: Change, rate: int, wanted: list[int]
) -> None:
    for backend in ("sagemaker", "bedrock"):
        result = needs(settings(data={"write_rate": rate}, classifier={"backend": backend}), approved=False)
        assert [need.wanted for need in result if need.service == "dynamodb"] == wanted


def test_bedrock_alone_needs_no_instances(settings: Change) -> None:
    wanted = needs(settings(classifier={"backend": "bedrock"}), approved=False)
    assert [need.service for need in wanted] == ["lambda"]


def look(account: Account, settings: Change, **sections: object) -> dict[str, quotas.Finding]:
    changed = settings(**sections)
    client = account.client("service-quotas", "us-east-1")
    wanted = [need for need in needs(changed, approved=False) if need.service == "sagemaker"]
    result = quotas.look(client, service="sagemaker", wanted=wanted, settings=changed)
    return {finding.what.split(":")[0]: finding for finding in result}


def test_enough_is_ok_on_whatever_page_it_comes(account: Account, settings: Change) -> None:
    result = look(account, settings)
    assert {finding.verdict for finding in result.values()} == {"ok"}
    assert "ml.c7i.large for transform job usage" in result
    assert "ListAWSDefaultServiceQuotas" not in [operation for operation, _ in account.asked]


@pytest.mark.parametrize(("value", "verdict"), [(0, "refused"), (1, "refused"), (2, "warning"), (3, "ok")])
def test_an_endpoint_with_room_for_one_fleet_only_is_refused(
    account: Account, settings: Change, value: int, verdict: str
) -> None:
    account.quotas["sagemaker"]["ml.c7i.large for endpoint usage"] = value
    assert look(account, settings)["ml.c7i.large for endpoint usage"].verdict == verdict


def test_no_room_to_roll_out_while_scaled_out_is_a_warning(account: Account, settings: Change) -> None:
    result = look(account, settings, serving={"min_instances": 1, "max_instances": 6})
    finding = result["ml.c7i.large for endpoint usage"]
    assert finding.verdict == "warning"
    why = "a rollout runs the old and the new fleet together, and a live A/B test a challenger; 2 is enough"
    assert f"4, but 13 needed: {why}" in finding.what


def test_a_refusal_names_the_quota_its_code_and_how_to_ask(account: Account, settings: Change) -> None:
    account.quotas["sagemaker"]["ml.g5.xlarge for training job usage"] = 0
    finding = look(account, settings)["ml.g5.xlarge for training job usage"]
    code = quota("ml.g5.xlarge for training job usage", 0)["QuotaCode"]
    assert finding.verdict == "refused"
    assert finding.what.endswith("0, but 1 needed: the first model's training job")
    assert finding.todo == (
        "aws service-quotas request-service-quota-increase --service-code sagemaker "
        f"--quota-code {code} --desired-value 1 --region us-east-1 "
        "(in the console: Service Quotas, Amazon SageMaker, ml.g5.xlarge for training job usage)"
    )


def test_a_quota_that_cannot_be_raised_says_so(settings: Change) -> None:
    [need] = [need for need in needs(settings(), approved=False) if need.use == "training"]
    finding = quotas.judge(need, quota(need.name, 0, Adjustable=False), settings=settings())
    assert finding.todo.startswith("it cannot be raised")


def test_a_quota_with_its_default_only_is_found_in_the_second_list(account: Account, settings: Change) -> None:
    name = "ml.g5.xlarge for training job usage"
    del account.quotas["sagemaker"][name]
    account.defaults["sagemaker"] = {name: 0}
    assert look(account, settings)[name].verdict == "refused"


def test_a_type_that_the_region_has_not_got(account: Account, settings: Change) -> None:
    name = "ml.g5.xlarge for training job usage"
    del account.quotas["sagemaker"][name]
    # The price list has it in us-east-1, so it may exist there; in me-south-1 neither source has it.
    assert look(account, settings)[name].verdict == "warning"
    assert look(account, settings, region="me-south-1")[name].verdict == "refused"


def test_a_sum_over_all_types_that_the_account_has_not_got_is_unknown(account: Account, settings: Change) -> None:
    name = "Number of instances across active endpoints"
    del account.quotas["sagemaker"][name]
    finding = look(account, settings)[name]
    assert finding.verdict == "unknown"
    assert finding.what == f"{name}: Service Quotas has no quota of that name in us-east-1"
    assert finding.todo == "look for it in the console (Service Quotas, Amazon SageMaker): 3 needed"
