"""A run without an account, whose commands are recorded and not run."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from environments.settings import load
from tools.acceptance.budget import Budget
from tools.acceptance.cleanup import ending
from tools.acceptance.commands import Commands
from tools.acceptance.errors import StepError
from tools.acceptance.planning.estimate import Rates
from tools.acceptance.planning.place import Place
from tools.acceptance.run import Run

ROOT = Path(__file__).resolve().parents[4]
NAME = "acc0k3x9a"


class FakeCommands:
    """Remembers commands; those that have a word of `failing` fail so many times."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, ...]] = []
        self.failing: dict[str, int] = {}
        self.check: Any = lambda: None
        self.on_run: Any = lambda command: None

    def run(self, *command: str, cwd: Path | None = None, allowed: tuple[int, ...] = (0,)) -> str:
        del cwd, allowed
        self.ran.append(command)
        self.on_run(command)
        for word, left in self.failing.items():
            if word in command and left:
                self.failing[word] = left - 1
                raise StepError(f"{word} does not work")
        return "{}"


class FakeCloudFormation:
    """Stacks by name, with their status."""

    def __init__(self) -> None:
        self.stacks: dict[str, str] = {}
        self.cancelled: list[str] = []
        self.deleted: list[str] = []
        self.undeletable: set[str] = set()

    def can_paginate(self, operation: str) -> bool:
        del operation
        return False

    def describe_stacks(self) -> dict[str, Any]:
        return {
            "Stacks": [
                {"StackName": name, "StackStatus": status, "CreationTime": at}
                for at, (name, status) in enumerate(self.stacks.items())
            ]
        }

    def list_stack_resources(self, *, StackName: str) -> dict[str, Any]:
        return {"StackResourceSummaries": [{"PhysicalResourceId": f"id-of-{StackName}"}]}

    def cancel_update_stack(self, *, StackName: str) -> None:
        self.cancelled.append(StackName)
        self.stacks[StackName] = "UPDATE_ROLLBACK_COMPLETE"

    def delete_stack(self, *, StackName: str) -> None:
        self.deleted.append(StackName)
        if StackName in self.undeletable:
            self.stacks[StackName] = "DELETE_FAILED"
        else:
            self.stacks.pop(StackName, None)


class Faulty:
    """A client whose operations raise the exceptions in `faults`, as often as given."""

    def __init__(self, client: Any, faults: "Faults") -> None:
        self._client = client
        self._faults = faults

    def __getattr__(self, operation: str) -> Any:
        def call(*args: Any, **arguments: Any) -> Any:
            for key in (operation, "*"):
                error, times = self._faults.get(key, (None, 0))
                if error and times and operation != "can_paginate":
                    self._faults[key] = (error, times - 1)
                    raise error
            return getattr(self._client, operation)(*args, **arguments)

        return call


Faults = dict[str, tuple[Exception, float]]  # by operation, "*" for all: the error, and how often it comes


class FakePlace:
    """A place with an execution of each state machine and a training job; `faults` makes operations fail."""

    region = "us-east-1"
    is_local = True
    environment: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.cloudformation = FakeCloudFormation()
        self.stopped: list[str] = []
        self.faults: Faults = {}

    def client(self, service: str, *, region: str | None = None) -> Any:
        del region
        return Faulty(self._client(service), self.faults)

    def _client(self, service: str) -> Any:
        if service == "cloudformation":
            return self.cloudformation
        return SimpleNamespace(
            can_paginate=lambda operation: False,
            list_state_machines=lambda: {
                "stateMachines": [
                    {"name": name, "stateMachineArn": name}
                    for name in (f"rubric-{NAME}-training", f"rubric-{NAME}-first-model", "rubric-dev-training")
                ]
            },
            list_executions=lambda *, stateMachineArn, statusFilter: {
                "executions": [{"executionArn": stateMachineArn}]
            },
            stop_execution=lambda *, executionArn, cause: self.stopped.append(executionArn),
            list_training_jobs=lambda **_: {"TrainingJobSummaries": [{"TrainingJobName": f"rubric-{NAME}-1"}]},
            list_transform_jobs=lambda **_: {"TransformJobSummaries": []},
            stop_training_job=lambda **job: self.stopped.append(job["TrainingJobName"]),
            stop_transform_job=lambda **job: self.stopped.append(job["TransformJobName"]),
        )


@pytest.fixture
def place() -> FakePlace:
    return FakePlace()


@pytest.fixture
def commands() -> FakeCommands:
    return FakeCommands()


@pytest.fixture
def run(place: FakePlace, commands: FakeCommands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of the local settings; nothing waits."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(ending, "settled", lambda *_, **__: ending.Left())
    settings = load("local", root=ROOT)
    budget = Budget(minutes=60, dollars=None, rates=Rates(0.0, 0.0, 0.0))
    return Run(
        name=NAME,
        env_file=tmp_path / f"{NAME}.yaml",
        settings=settings,
        folder=tmp_path,
        root=ROOT,
        place=cast(Place, place),
        budget=budget,
        commands=cast(Commands, commands),
    )
