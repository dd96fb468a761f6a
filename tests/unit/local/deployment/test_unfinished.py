from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.deployment import unfinished
from local.errors import CliError
from local.workspace import Workspace


class CloudFormation:
    """Stacks that finish their operation after so many looks."""

    def __init__(self, stacks: dict[str, list[str]], *, changed: float = 100.0, refuse: bool = False) -> None:
        self.stacks = stacks
        self.changed = changed
        self.refuse = refuse
        self.deleted: list[str] = []

    def look(self) -> list[dict[str, Any]]:
        seen = [{"StackName": name, "StackStatus": left[0]} for name, left in self.stacks.items()]
        self.stacks = {name: left[1:] or left for name, left in self.stacks.items()}
        return seen

    def describe_stack_events(self, **_: str) -> dict[str, Any]:
        return {"StackEvents": [{"Timestamp": datetime.fromtimestamp(self.changed, UTC)}]}

    def delete_stack(self, **arguments: str) -> None:
        if self.refuse:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "Export is imported"}}, "DeleteStack")
        self.deleted.append(arguments["StackName"])
        del self.stacks[arguments["StackName"]]

    def get_waiter(self, _: str) -> Any:
        return self

    def wait(self, **_: Any) -> None:
        """It is deleted already."""


def settle(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, aws: CloudFormation, *, server_started: float = 0.0
) -> list[str]:
    message: list[str] = []
    monkeypatch.setattr(unfinished, "client", lambda *_: aws)
    monkeypatch.setattr(unfinished, "stacks_of", lambda _: aws.look())
    monkeypatch.setattr(unfinished, "_POLL_SECONDS", 0)
    unfinished.settle(workspace, server_started=server_started, say=message.append)
    return message


def test_complete_stacks_need_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = CloudFormation({"A": ["CREATE_COMPLETE"], "B": ["ROLLBACK_COMPLETE"]})
    assert settle(workspace, monkeypatch, aws) == []
    assert aws.deleted == []


def test_a_stack_in_progress_is_waited_for(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = CloudFormation({"A": ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]})
    message = settle(workspace, monkeypatch, aws)
    assert len(message) == 1
    assert "waiting for A: CREATE_IN_PROGRESS" in message[0]
    assert aws.deleted == []


@pytest.mark.parametrize("status", ["REVIEW_IN_PROGRESS", "DELETE_FAILED", "ROLLBACK_FAILED"])
def test_a_stack_that_cannot_go_on_is_removed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    aws = CloudFormation({"A": [status], "B": ["CREATE_COMPLETE"]})
    settle(workspace, monkeypatch, aws)
    assert aws.deleted == ["A"]


def test_progress_of_an_earlier_server_is_nobodys(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = CloudFormation({"A": ["UPDATE_IN_PROGRESS"]}, changed=100.0)
    message = settle(workspace, monkeypatch, aws, server_started=200.0)
    assert aws.deleted == ["A"]
    assert "deleting A" in message[0]


def test_a_refused_removal_names_the_way_out(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = CloudFormation({"A": ["DELETE_FAILED"]}, refuse=True)
    with pytest.raises(CliError, match=r"Export is imported.*make local-down"):
        settle(workspace, monkeypatch, aws)
