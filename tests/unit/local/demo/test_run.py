"""Tests what the demo does before its deploy where training is isolated."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from local.demo import rubric_command
from local.demo.run import Demo
from local.deployment import cdk_cli, state
from local.errors import CliError
from local.workspace import Workspace

ROOT = Path(__file__).resolve().parents[4]


class CloudFormation:
    """DescribeStacks of an account in which these stacks are."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        if StackName not in self._names:
            raise ClientError({"Error": {"Code": "ValidationError"}}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is run, in order."""
    done: list[str] = []

    def run(workspace: Workspace, arguments: list[str], **_: Any) -> int:
        done.append(f"cdk {arguments[0]} {arguments[3]}")
        return 0

    monkeypatch.setattr(cdk_cli, "run", run)
    monkeypatch.setattr(rubric_command, "_run", lambda _, arguments, **__: done.append(f"rubric {arguments[0]}"))
    return done


def demo(workspace: Workspace) -> Demo:
    (workspace.root / "environments").mkdir()
    shutil.copy(ROOT / "environments" / "local.yaml", workspace.root / "environments")
    return Demo(workspace, Console(quiet=True))


def test_the_mirrors_bucket_comes_first(
    workspace: Workspace, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "client", lambda *_: CloudFormation())
    demo(workspace)._fill_mirror()
    assert steps == ["cdk deploy Rubric-local-Data", "rubric mirror"]


def test_a_bucket_that_is_there_is_filled(
    workspace: Workspace, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "client", lambda *_: CloudFormation("Rubric-local-Data"))
    demo(workspace)._fill_mirror()
    assert steps == ["rubric mirror"]


def test_a_failed_deploy_of_the_bucket_ends_the_demo(
    workspace: Workspace, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "client", lambda *_: CloudFormation())

    def fails(*_: Any, on_line: Any, **__: Any) -> int:
        on_line("no such stack")
        return 1

    monkeypatch.setattr(cdk_cli, "run", fails)
    with pytest.raises(CliError, match="cdk deploy Rubric-local-Data failed: no such stack"):
        demo(workspace)._fill_mirror()
    assert steps == []
