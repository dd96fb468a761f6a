"""What `make destroy` says first: a stack that is being updated."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.unit.ops.conftest import run
from tests.unit.ops.preflight.account import Account, error


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


def said(account: Account, capsys: pytest.CaptureFixture[str], **statuses: str) -> str:
    account.answers["DescribeStacks"] = stacks(**statuses)
    assert run("preflight", "--before-destroy", "--quiet") == 0
    return " ".join(capsys.readouterr().out.split())


def test_an_update_is_told_with_the_command_that_ends_it(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(account, capsys, Data="UPDATE_COMPLETE", Serving="UPDATE_IN_PROGRESS")
    assert text.startswith("warning stacks Rubric-dev-Serving is in UPDATE_IN_PROGRESS")
    assert "aws cloudformation cancel-update-stack --stack-name Rubric-dev-Serving" in text
    assert "Rubric-dev-Data" not in text


def test_what_cannot_be_cancelled_is_waited_for(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(account, capsys, Serving="UPDATE_ROLLBACK_IN_PROGRESS")
    assert "wait for its end, then destroy" in text and "cancel-update-stack" not in text


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "DELETE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"])
def test_nothing_is_said_of_other_stacks(account: Account, capsys: pytest.CaptureFixture[str], status: str) -> None:
    assert said(account, capsys, Serving=status) == ""


def test_who_may_not_look_destroys_all_the_same(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.answers["DescribeStacks"] = error("AccessDenied", "DescribeStacks")
    assert run("preflight", "--before-destroy", "--quiet") == 0
    assert "unknown" in capsys.readouterr().out


def test_without_valid_credentials_no_stack_is_looked_at(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.answers["GetCallerIdentity"] = error("ExpiredToken", "GetCallerIdentity")
    assert run("preflight", "--before-destroy", "--quiet") == 4
    assert "DescribeStacks" not in [operation for operation, _ in account.asked]
