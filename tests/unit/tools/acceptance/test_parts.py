"""The parts of `make acceptance`: names, prices, limits, what a report says and what it must not."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from environments.settings import load
from local.destroy import leftovers as of_local_aws
from tests.unit.tools.acceptance.conftest import NAME, ROOT
from tools.acceptance import asking, estimate, kinds, leftovers, main, names, prices, redact, report
from tools.acceptance.errors import UsageError
from tools.acceptance.kinds import Kind
from tools.acceptance.leftovers import Left
from tools.acceptance.prices import Price
from tools.acceptance.run import Outcome, Run

HOST, TRAIN = Price(0.5, "test"), Price(2.0, "test")


def test_names_are_acc_and_six() -> None:
    made = {names.new_name() for _ in range(50)}
    assert len(made) == 50 and all(names.checked_name(name) == name for name in made)


@pytest.mark.parametrize("name", ["prod", "acc", "accABCDEF", "acc0k3x9a1", "acc0k3x9", "xacc0k3x9", "acc0k3-9a"])
def test_no_other_environment_can_be_destroyed_by_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--name", "--clean"):
        assert main.main([flag, name]) == main.USAGE_STATUS
        assert "six lower-case letters or digits" in capsys.readouterr().err


@pytest.mark.parametrize("env", ["dev", "prod", "local"])
def test_nothing_of_a_throw_away_environment_outlives_it_or_writes_to_people(env: str, tmp_path: Path) -> None:
    path = names.write_settings(env, NAME, folder=tmp_path, root=ROOT)
    settings, original = names.read_settings(path, root=ROOT), load(env, root=ROOT)
    assert settings.name == NAME and settings.stack_name("Data") == f"Rubric-{NAME}-Data"
    assert settings.data.retain is False and settings.training.schedule is None
    assert settings.monitoring.alarm_email is None
    assert settings.serving == original.serving and settings.training.instance_type == original.training.instance_type


def test_wrong_settings_leave_no_folder(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("serving: {mode: sometimes}\n")
    with pytest.raises(UsageError, match=r"data\.dataset: is required"):
        names.write_settings(str(wrong), NAME, folder=tmp_path / NAME, root=ROOT)
    assert not (tmp_path / NAME).exists()


def product(usage: str, dollars: str) -> str:
    dimension = {"pricePerUnit": {"USD": dollars}}
    terms = {"OnDemand": {"a": {"priceDimensions": {"b": dimension}}}}
    return json.dumps({"product": {"attributes": {"usagetype": usage}}, "terms": terms})


def _itself(client: Any) -> Any:
    return client


def price_list(*products: str) -> Any:
    asked: list[dict[str, Any]] = []

    def get_products(**request: Any) -> dict[str, Any]:
        asked.append(request)
        return {"PriceList": list(products)}

    return SimpleNamespace(get_products=get_products, asked=asked)


def test_a_price_is_the_one_of_that_use_on_demand() -> None:
    client = price_list(
        product("USE1-Host:ml.c7i.large", "0.119"),
        product("USE1-Train:ml.c7i.large", "0.2"),
        product("USE1-Host:ml.c7i.large-something", "9"),
        product("USE1-Host:ml.c7i.large", "0.0000000000"),
    )
    found = prices.of("ml.c7i.large", "Host", region="us-east-1", given={}, client=lambda: client)
    assert found == Price(0.119, prices.SOURCE)
    fields = {each["Field"]: each["Value"] for each in client.asked[0]["Filters"]}
    assert fields == {"regionCode": "us-east-1", "instanceName": "ml.c7i.large"}


def test_a_price_that_nobody_tells_is_unknown_and_has_to_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    def denied(**_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetProducts")

    two = price_list(product("A-Host:x", "1"), product("B-Host:x", "2"))
    for client in (price_list(), two, SimpleNamespace(get_products=denied)):
        unknown = prices.of("x", "Host", region="us-east-1", given={}, client=partial(_itself, client))
        assert unknown.dollars is None and unknown.source.startswith("unknown")
    with pytest.raises(UsageError, match="give --price x=USD"):
        asking.price("x", unknown)
    assert prices.of("x", "Host", region="us-east-1", given={"x": 3.0}, client=denied) == Price(3.0, "--price")


def test_the_estimate_grows_with_what_is_held() -> None:
    settings, steps = load("prod", root=ROOT), list(main.ORDER)
    known = estimate.rates(settings, host=HOST, trainer=TRAIN)
    assert known == estimate.Rates(endpoint=0.5 * 6, training=2.0, batch=0.5)  # six instances at most
    cost = estimate.dollars(settings, steps, known)
    assert cost is not None and cost > estimate.dollars(settings, steps[:3], known)  # type: ignore[operator]
    assert known.of("promotion") == pytest.approx(2 * 3 + 2) and known.of("count") == 0
    unknown = estimate.rates(settings, host=Price(None, "unknown"), trainer=TRAIN)
    assert estimate.dollars(settings, steps, unknown) is None
    assert set(estimate.MINUTES) == set(steps)
    longest = settings.training.max_runtime_minutes
    assert estimate.minutes(settings, steps, local=False) == sum(estimate.MINUTES.values()) + 2 * longest


@pytest.mark.parametrize("given", [None, 0.0, -1.0])
def test_limits_must_be_given_where_nobody_can_be_asked(given: float | None) -> None:
    with pytest.raises(UsageError, match="--minutes"):
        asking.number("?", given=given, flag="--minutes")
    with pytest.raises(UsageError, match="--yes"):
        asking.consent(yes=False)


def test_every_kind_that_the_local_aws_counts_is_counted_on_an_account_too() -> None:
    others = {"S3 object", "Lambda layer version"}  # in a bucket or a layer, which are counted
    assert set(of_local_aws.KINDS) - others <= {kind.name for kind in kinds.KINDS}


def listing(*items: tuple[str, Any]) -> kinds.Lister:
    return lambda client, prefix: iter(items)


def test_what_has_the_name_or_was_a_stacks_is_left_and_nothing_else() -> None:
    def refused(client: Any, prefix: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListKeys")

    found = leftovers.count(
        lambda service: None,
        NAME,
        prefix=f"rubric-{NAME}",
        known={"api-1"},
        kinds=[
            Kind("bucket", "s3", listing((f"rubric-{NAME}-data", {"Name": f"rubric-{NAME}-data"}), ("other", {}))),
            Kind("API", "api", listing(("api-1", {}), ("api-2", {"Name": "rubric-dev"}))),
            Kind("job", "sagemaker", listing((f"rubric-{NAME}-batch", f"rubric-{NAME}-batch")), stays=True),
            Kind("key", "kms", refused),
        ],
    )
    assert found.found == {"bucket": [f"rubric-{NAME}-data"], "API": ["api-1"]} and found.count == 2
    assert found.stays == {"job": [f"rubric-{NAME}-batch"]}
    assert list(found.uncounted) == ["key"] and not found.is_nothing


SECRETS = {
    "an account 123456789012 and arn:aws:iam::123456789012:role/x": "123456789012",
    "key rk_abcdefghij_" + "A1" * 23: "A1A1",
    "AKIAIOSFODNN7EXAMPLE signs": "AKIAIOS",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG": "wJalr",
    "mail to jane.doe@example.com": "jane.doe",
    f"in {Path.home()}/work": f"{Path.home()}/",
}


@pytest.mark.parametrize(("said", "secret"), SECRETS.items())
def test_a_report_names_no_account_key_or_person(said: str, secret: str) -> None:
    cleaned = redact.value({said: [said, {"x": (said, 1)}]})
    assert secret not in json.dumps(cleaned, ensure_ascii=False)


def test_redacting_keeps_the_rest() -> None:
    assert redact.text("rubric-acc0k3x9a-20261129-101500-3fa9 took 1,234 ms") == (
        "rubric-acc0k3x9a-20261129-101500-3fa9 took 1,234 ms"
    )


def test_a_report_has_steps_left_overs_versions_and_settings(run: Run, tmp_path: Path) -> None:
    run.outcomes += [
        Outcome("deploy", "failed", 61.5, {"stack": "arn:aws:x:123456789012"}, "the | API\nrk_abcdefghij_x is silent"),
        Outcome("key"),
        Outcome("destroy", "passed", 9.0),
    ]
    built = report.build(
        run,
        Left(found={"S3 bucket": ["rubric-x"]}, uncounted={"KMS key": "AccessDenied"}),
        env="local",
        started=datetime(2026, 11, 29, tzinfo=UTC),
        prices={"ml.x (Host)": HOST},
        rates=run.budget.rates,
        why="deploy: the API",
    )
    as_json, as_text = report.write(built, tmp_path)
    assert json.loads(as_json.read_text()) == built
    assert built["verdict"] == "failed" and built["versions"]["aws-cdk (CLI)"].startswith("2.")
    assert "account" not in built["settings"] and built["settings"]["serving"]["instance_type"] == "ml.c7i.large"
    page = as_text.read_text()
    assert "| deploy | failed | 62 | the \\| API |" in page
    for said in ("S3 bucket: rubric-x", "not counted: KMS key: AccessDenied", "| key | not run | 0 |", "<api key>"):
        assert said in page
    assert "123456789012" not in page + as_json.read_text()


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / NAME / f"{NAME}.yaml"
    kept.parent.mkdir()
    kept.write_text("mine")
    assert main.main(["--env", "local", "--name", NAME, "--folder", str(tmp_path), "--yes"]) == main.USAGE_STATUS
    assert kept.read_text() == "mine" and "is there already" in capsys.readouterr().err
