"""The end of a run continues after refusals by AWS and network failures, and always writes a report."""

import json
import re
from argparse import Namespace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, TokenRetrievalError

from tests.clone import ROOT
from tests.unit.tools.acceptance.conftest import NAME, FakeCommands, FakePlace
from tools.acceptance import main
from tools.acceptance.cleanup import ending
from tools.acceptance.cleanup.leftovers import Left
from tools.acceptance.cleanup.stacks import ORDER
from tools.acceptance.errors import UsageError
from tools.acceptance.report import verdict
from tools.acceptance.run import FAILED, INTERRUPTED, Run, StepResult

STACKS = {f"Rubric-{NAME}-{part}": "CREATE_COMPLETE" for part in reversed(ORDER)}
FOR_GOOD = float("inf")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://cloudformation.us-east-1.amazonaws.com")
ENDED = TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed")


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "not so"}}, "Operation")


DENIED = refusal("AccessDeniedException")


def destroys(commands: FakeCommands) -> int:
    return sum("destroy" in command for command in commands.ran)


def ended(run: Run) -> dict[str, Any]:
    """Run the end; returns the result of the destroy, and its observations."""
    ending.end(run, say=lambda text: None)
    destroyed, counted = run.outcomes[-2:]
    assert (destroyed.step, counted.step) == ("destroy", "count")
    return destroyed.seen | {"status": destroyed.status, "error": destroyed.error}


@pytest.fixture
def deployed(place: FakePlace, commands: FakeCommands) -> FakePlace:
    """All six stacks, which `cdk destroy` deletes."""
    place.cloudformation.stacks = dict(STACKS)

    def on_run(command: tuple[str, ...]) -> None:
        if "destroy" in command and not commands.failing.get("destroy"):
            place.cloudformation.stacks.clear()

    commands.on_run = on_run
    return place


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("list_state_machines", "the executions could not be listed"),
        ("list_executions", f"the executions of rubric-{NAME}-training could not be listed"),
        ("stop_execution", f"execution of rubric-{NAME}-training could not be stopped"),
        ("list_training_jobs", "the training jobs could not be listed"),
        ("stop_training_job", f"rubric-{NAME}-1 could not be stopped"),
        ("list_stack_resources", "the stacks' resources could not be listed"),
    ],
)
@pytest.mark.parametrize("error", [DENIED, UNREACHABLE, ENDED, refusal("ThrottlingException")])
def test_what_may_not_be_stopped_or_listed_is_noted_and_the_rest_is_done(
    run: Run, deployed: FakePlace, commands: FakeCommands, operation: str, message: str, error: Exception
) -> None:
    deployed.faults = {operation: (error, FOR_GOOD)}
    seen = ended(run)
    assert (seen["status"], seen["tries"], destroys(commands)) == ("passed", 1, 1)
    assert seen["not done"] == [f"{message}: {error}"]
    others = {"executions": f"rubric-{NAME}-training", "jobs": f"rubric-{NAME}-1"}
    for kind, name in others.items():
        touched = ("machine" in operation or "execution" in operation, "job" in operation)[kind == "jobs"]
        assert (name in deployed.stopped) is not touched


@pytest.mark.parametrize(
    ("operation", "code"), [("stop_execution", "ExecutionDoesNotExist"), ("stop_training_job", "ValidationException")]
)
def test_what_has_ended_meanwhile_is_neither_stopped_nor_a_fault(
    run: Run, deployed: FakePlace, operation: str, code: str
) -> None:
    deployed.faults = {operation: (refusal(code), FOR_GOOD)}
    seen = ended(run)
    assert seen["status"] == "passed" and seen["not done"] == []
    assert len(seen["stopped"]) == len(deployed.stopped) == 1


def test_an_update_that_may_not_be_cancelled_is_noted_and_waited_for(
    run: Run, deployed: FakePlace, commands: FakeCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = f"Rubric-{NAME}-Serving"
    deployed.cloudformation.stacks[serving] = "UPDATE_IN_PROGRESS"
    deployed.faults = {"cancel_update_stack": (DENIED, FOR_GOOD)}
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            deployed.cloudformation.stacks[serving] = "UPDATE_COMPLETE"

    monkeypatch.setattr("time.sleep", sleep)
    seen = ended(run)
    assert len(waits) == 3 and destroys(commands) == 1
    assert seen["not done"] == [f"{serving} could not be hurried: {DENIED}"]


@pytest.mark.parametrize("times", [1, 3])
def test_cloudformation_that_is_unreachable_for_a_while_is_asked_again(
    run: Run, deployed: FakePlace, commands: FakeCommands, times: int
) -> None:
    deployed.faults = {"describe_stacks": (UNREACHABLE, times)}
    seen = ended(run)
    assert (seen["status"], seen["tries"], destroys(commands)) == ("passed", 1, 1)
    assert deployed.stopped and deployed.cloudformation.deleted == []


def test_polls_that_fail_while_a_stack_is_in_progress_are_made_again(
    run: Run, deployed: FakePlace, commands: FakeCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = f"Rubric-{NAME}-Data"
    deployed.cloudformation.stacks[data] = "CREATE_IN_PROGRESS"
    listed, asked = deployed.cloudformation.describe_stacks, 0

    def describe_stacks() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        if asked == 13:
            deployed.cloudformation.stacks[data] = "CREATE_COMPLETE"
        if asked < 13 and asked % 3:
            raise UNREACHABLE
        return listed()

    monkeypatch.setattr(deployed.cloudformation, "describe_stacks", describe_stacks)

    def on_destroy(command: tuple[str, ...]) -> None:
        assert deployed.cloudformation.stacks[data] == "CREATE_COMPLETE", "the destroy came too early"
        on_run(command)

    on_run = commands.on_run
    commands.on_run = on_destroy
    assert ended(run)["status"] == "passed" and asked > 12


@pytest.mark.parametrize("error", [DENIED, UNREACHABLE, ENDED])
def test_when_nothing_answers_the_destroy_is_tried_all_the_same_and_fails(
    run: Run, deployed: FakePlace, commands: FakeCommands, error: Exception
) -> None:
    deployed.faults = {"*": (error, FOR_GOOD)}
    commands.failing = {"destroy": 9}
    seen = ended(run)
    assert (seen["status"], seen["tries"], destroys(commands)) == ("failed", 2, 2)
    assert seen["error"] == "CloudFormation does not show whether stacks are left: destroy does not work"
    assert f"the stacks could not be listed: {error}" in seen["not done"]
    assert [line for line in seen["not done"] if "could not be deleted" in line] == [
        f"Rubric-{NAME}-{part} could not be deleted: {error}" for part in ORDER
    ]


def test_a_cli_that_fails_once_is_run_again(run: Run, deployed: FakePlace, commands: FakeCommands) -> None:
    commands.failing = {"destroy": 1}
    seen = ended(run)
    assert (seen["status"], seen["tries"], seen["failures"]) == ("passed", 2, ["destroy does not work"])
    assert deployed.cloudformation.deleted == []


def test_after_a_cli_that_fails_the_stacks_are_deleted_by_api_in_the_order_of_their_exports(
    run: Run, deployed: FakePlace, commands: FakeCommands
) -> None:
    commands.failing = {"destroy": 2}
    seen = ended(run)
    assert (seen["status"], seen["tries"], seen["by API"]) == ("passed", 2, True)
    assert deployed.cloudformation.deleted == [
        f"Rubric-{NAME}-{part}"
        for part in ("Monitoring", "Api", "Challenger", "Serving", "Training", "Data", "Endpoints", "Network")
    ]


def test_a_stack_that_cannot_be_deleted_keeps_no_other_and_fails_the_run(
    run: Run, deployed: FakePlace, commands: FakeCommands
) -> None:
    commands.failing = {"destroy": 2}
    stuck = f"Rubric-{NAME}-Serving"
    deployed.cloudformation.undeletable = {stuck}
    seen = ended(run)
    assert seen["status"] == "failed"
    assert seen["error"] == f"{stuck} could not be destroyed: destroy does not work"
    assert deployed.cloudformation.stacks == {stuck: "DELETE_FAILED"}


def test_the_last_order_has_every_stack_of_the_app() -> None:
    source = (ROOT / "stacks/application.py").read_text(encoding="utf-8")
    assert {part for part in ORDER if re.search(rf"\b{part}Stack\(\s*app", source)} == set(ORDER)
    assert len(re.findall(r"Stack\(\s*app", source)) == len(ORDER)


def test_what_the_stacks_had_is_known_to_the_count(
    run: Run, deployed: FakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[set[str]] = []

    def settled(*_: object, known: set[str], **__: object) -> Left:
        shown.append(known)
        return Left()

    monkeypatch.setattr(ending, "settled", settled)
    ended(run)
    assert shown == [{f"id-of-{name}" for name in STACKS}]


@pytest.mark.parametrize("error", [RuntimeError("a mistake of ours"), KeyboardInterrupt()])
def test_the_report_is_written_even_when_the_end_itself_fails(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    def fails(*_: object, **__: object) -> Left:
        raise error

    monkeypatch.setattr(ending, "end", fails)
    status = main._carry_out(run, {}, env="local", started=datetime.now(UTC), clean=True)
    report = json.loads((run.folder / "report.json").read_text())
    assert status == main.FAILED_STATUS and report["verdict"] == "failed"
    assert report["not_counted"] == {"everything": "it was not counted"}
    assert f"--clean {NAME}" in capsys.readouterr().out


def test_the_report_of_a_run_that_nothing_answered_says_so(
    run: Run, deployed: FakePlace, commands: FakeCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.faults = {"*": (ENDED, FOR_GOOD)}
    commands.failing = {"destroy": 9}
    unlisted = Left(uncounted={"S3 bucket": str(ENDED)})
    monkeypatch.setattr(ending, "settled", lambda *_, **__: unlisted)
    assert main._carry_out(run, {}, env="local", started=datetime.now(UTC), clean=True) == main.FAILED_STATUS
    page = (run.folder / "report.md").read_text()
    assert "| destroy | failed |" in page and "Token has expired" in page


@pytest.mark.parametrize("left", [Left(found={"S3 bucket": ["b"]}), Left(uncounted={"KMS key": "AccessDenied"})])
def test_an_interrupted_run_that_leaves_something_has_failed(run: Run, left: Left) -> None:
    run.outcomes.append(StepResult("deploy", INTERRUPTED))
    assert verdict(run, Left()) == INTERRUPTED
    assert verdict(run, left) == FAILED


def test_where_the_account_may_not_be_read_nothing_begins(
    run: Run, place: FakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.faults = {"describe_stacks": (DENIED, FOR_GOOD)}
    monkeypatch.setattr(main.names, "read_settings", lambda *_, **__: run.settings)
    with pytest.raises(UsageError, match="CloudFormation does not list your stacks"):
        main._prepared(Namespace(clean=None), NAME, run.env_file, run.place)
