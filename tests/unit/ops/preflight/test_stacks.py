"""Tests the checks of stacks: before `make destroy` during an update, and before changes that replace resources."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ops.preflight import stacks as look
from tests.unit.ops.conftest import run
from tests.unit.ops.preflight.account import Account, error
from tests.unit.ops.preflight.conftest import Change


def stacks(**statuses: str) -> Any:
    """DescribeStacks of an account whose stacks `Rubric-dev-<part>` are in these statuses."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        name = request["StackName"]
        status = statuses.get(name.rsplit("-", 1)[-1])
        if status is None:
            raise error("ValidationError", "DescribeStacks", f"Stack with id {name} does not exist")
        created = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
        return {"Stacks": [{"StackName": name, "StackStatus": status, "CreationTime": created}]}

    return answer


def printed(account: Account, capsys: pytest.CaptureFixture[str], **statuses: str) -> str:
    account.answers["DescribeStacks"] = stacks(**statuses)
    assert run("preflight", "--before-destroy", "--quiet") == 0
    return " ".join(capsys.readouterr().out.split())


def test_an_update_is_told_with_the_command_that_ends_it(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(account, capsys, Data="UPDATE_COMPLETE", Serving="UPDATE_IN_PROGRESS")
    assert text.startswith("warning stacks Rubric-dev-Serving is in UPDATE_IN_PROGRESS")
    assert "aws cloudformation cancel-update-stack --stack-name Rubric-dev-Serving" in text
    assert "Rubric-dev-Data" not in text


def test_what_cannot_be_cancelled_is_waited_for(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(account, capsys, Serving="UPDATE_ROLLBACK_IN_PROGRESS")
    assert "wait until it ends, then destroy" in text and "cancel-update-stack" not in text


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "DELETE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"])
def test_nothing_is_said_of_other_stacks(account: Account, capsys: pytest.CaptureFixture[str], status: str) -> None:
    assert printed(account, capsys, Serving=status) == ""


def test_who_may_not_look_destroys_all_the_same(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.answers["DescribeStacks"] = error("AccessDenied", "DescribeStacks")
    assert run("preflight", "--before-destroy", "--quiet") == 0
    assert "unknown" in capsys.readouterr().out


def test_without_valid_credentials_no_stack_is_looked_at(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.answers["GetCallerIdentity"] = error("ExpiredToken", "GetCallerIdentity")
    assert run("preflight", "--before-destroy", "--quiet") == 4
    assert "DescribeStacks" not in [operation for operation, _ in account.asked]


# before a deploy


def deployed(account: Account, **outputs: dict[str, str]) -> Any:
    """A client of an account with these stacks and their outputs."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        result = stacks(**dict.fromkeys(outputs, "CREATE_COMPLETE"))(request)
        supplied = outputs[request["StackName"].rsplit("-", 1)[-1]]
        listed = [{"OutputKey": key, "OutputValue": value} for key, value in supplied.items()]
        return {"Stacks": [{**result["Stacks"][0], "Outputs": listed}]}

    account.answers["DescribeStacks"] = answer
    return account.client("cloudformation", "us-east-1")


def test_a_key_that_what_is_stored_is_encrypted_with_cannot_go(account: Account, settings: Change) -> None:
    client = deployed(account, Data={f"{look.KEY_EXPORT}961B73FDArn5A860C43": "arn:aws:kms:x"})
    [finding] = look.before_deploy(client, settings=settings(data={"encryption": "s3"}))
    assert finding.verdict == "refused" and "Rubric-dev-Data has a key" in finding.what
    [finding] = look.before_deploy(client, settings=settings(data={"encryption": "kms"}))
    assert finding.verdict == "ok"
    client = deployed(account, Data={"DatasetBucketName": "b"})
    assert look.before_deploy(client, settings=settings(data={"encryption": "s3"}))[0].verdict == "ok"


def test_a_feature_store_that_others_use_goes_step_by_step(account: Account, settings: Change) -> None:
    tables, function = {"ExportsOutputRefFeaturesTable52D06210077AAB20": "t"}, {"FeaturesFunctionName": "f"}
    client = deployed(account, Data=tables, Training={}, Api=function, Monitoring={})
    [finding] = look.before_deploy(client, settings=settings(features={"store": "none"}))
    assert finding.verdict == "refused"
    assert "Rubric-dev-Monitoring, Rubric-dev-Api, Rubric-dev-Training still use" in finding.what
    assert "ARGS=--exclusively STACKS=Rubric-dev-Monitoring; make deploy ENV=dev" in finding.todo
    [finding] = look.before_deploy(client, settings=settings(features={"store": "dynamodb"}))
    assert finding.verdict == "ok"
    mongodb = {"store": "mongodb", "mongodb": {"secret": "rubric/features", "server": "atlas"}}
    [finding] = look.before_deploy(client, settings=settings(features=mongodb))
    assert finding.verdict == "refused" and "uses a store in dynamodb" in finding.what
    # The tables are still there when those that used them do not any more.
    client = deployed(account, Data=tables, Training={}, Api={}, Monitoring={})
    assert look.before_deploy(client, settings=settings(features={"store": "none"}))[0].verdict == "ok"


def test_stacks_that_the_settings_leave_out_are_named(account: Account, settings: Change) -> None:
    client = deployed(account, Data={}, Serving={}, Training={})
    [finding] = look.before_deploy(client, settings=settings(classifier={"backend": "bedrock"}))
    assert finding.verdict == "warning" and "Rubric-dev-Serving and Rubric-dev-Training stay" in finding.what
    assert finding.todo.endswith(
        "aws cloudformation delete-stack --stack-name Rubric-dev-Serving; "
        "aws cloudformation delete-stack --stack-name Rubric-dev-Training"
    )
    assert look.before_deploy(client, settings=settings())[0].verdict == "ok"


def test_a_deploy_asks(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    deployed(account, Data={f"{look.KEY_EXPORT}961B73FDArn5A860C43": "arn:aws:kms:x"})
    assert run("preflight", "--quiet") == 1
    assert "Rubric-dev-Data has a key" in " ".join(capsys.readouterr().out.split())


def test_a_destroy_in_a_vpc_is_said_to_take_longer(settings: Change) -> None:
    [finding] = look.held_up(settings(network={"mode": "private"}))
    assert finding.verdict == "warning" and "up to an hour more" in finding.what
    assert "make destroy ENV=dev goes on" in finding.todo
    assert look.held_up(settings()) == []
