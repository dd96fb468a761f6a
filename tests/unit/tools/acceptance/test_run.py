"""A run always ends in a destroy and a count, however its steps end."""

import os
import signal

import pytest

from tests.unit.tools.acceptance.conftest import NAME, FakeCommands, FakePlace
from tools.acceptance.budget import Budget
from tools.acceptance.cleanup import ending
from tools.acceptance.cleanup.leftovers import Left
from tools.acceptance.errors import LimitError, StepError
from tools.acceptance.planning.estimate import Rates
from tools.acceptance.report import verdict
from tools.acceptance.run import Run, Skip, perform

STACK = f"Rubric-{NAME}-Data"


def passes(run: Run) -> dict[str, str]:
    return {"saw": "it"}


def raises(error: BaseException):
    def step(run: Run) -> dict[str, str]:
        raise error

    return step


def statuses(run: Run) -> dict[str, str]:
    return {outcome.step: outcome.status for outcome in run.outcomes}


def destroys(commands: FakeCommands) -> list[tuple[str, ...]]:
    return [command for command in commands.ran if "destroy" in command]


def gone_on_destroy(place: FakePlace):
    """`cdk destroy` that works."""

    def on_run(command: tuple[str, ...]) -> None:
        if "destroy" in command:
            place.cloudformation.stacks.clear()

    return on_run


@pytest.mark.parametrize(
    ("error", "status", "why"),
    [
        (StepError("the API is silent\nand more"), "failed", "deploy: the API is silent"),
        (TypeError("a mistake of ours"), "failed", "deploy: TypeError: a mistake of ours"),
        (KeyboardInterrupt(), "interrupted", "deploy: Ctrl-C"),
        (LimitError("The limit of 5 minutes"), "interrupted", "deploy: The limit of 5 minutes"),
    ],
)
def test_whatever_ends_a_step_ends_the_run_in_a_destroy_and_a_count(
    run: Run, place: FakePlace, commands: FakeCommands, error, status, why
) -> None:
    place.cloudformation.stacks = {STACK: "CREATE_COMPLETE"}
    commands.on_run = gone_on_destroy(place)
    message: list[str] = []
    assert perform(run, [("deploy", raises(error)), ("key", passes)], say=message.append) == why
    left = ending.end(run, say=message.append)
    assert statuses(run) == {"deploy": status, "key": "not run", "destroy": "passed", "count": "passed"}
    assert len(destroys(commands)) == 1 and left.is_nothing
    assert verdict(run, left) == status


def test_a_step_that_has_nothing_to_do_does_not_end_it(run: Run) -> None:
    steps = [("batch", raises(Skip("no jobs here"))), ("key", passes)]
    assert perform(run, steps, say=lambda text: None) == ""
    assert statuses(run) == {"batch": "skipped", "key": "passed"}
    assert verdict(run, Left()) == "passed"


def test_work_is_stopped_and_an_update_cancelled_before_the_destroy(
    run: Run, place: FakePlace, commands: FakeCommands
) -> None:
    place.cloudformation.stacks = {STACK: "UPDATE_IN_PROGRESS", f"Rubric-{NAME}-Api": "REVIEW_IN_PROGRESS"}
    commands.on_run = gone_on_destroy(place)
    ending.end(run, say=lambda text: None)
    # Not the execution that CloudFormation waits for: it answers once the training has ended.
    assert set(place.stopped) == {f"rubric-{NAME}-training", f"rubric-{NAME}-1"}
    assert place.cloudformation.cancelled == [STACK]
    assert place.cloudformation.deleted == [f"Rubric-{NAME}-Api"]
    assert statuses(run)["destroy"] == "passed"


def test_stacks_of_other_environments_are_left_alone(run: Run, place: FakePlace, commands: FakeCommands) -> None:
    place.cloudformation.stacks = {
        "Rubric-dev-Data": "UPDATE_IN_PROGRESS",
        f"Rubric-x{NAME}-Data": "CREATE_COMPLETE",
    }
    ending.end(run, say=lambda text: None)
    assert destroys(commands) == [] and place.cloudformation.cancelled == []


def test_what_is_left_fails_a_run_whose_steps_passed(run: Run, monkeypatch) -> None:
    for left in (Left(found={"S3 bucket": ["b"]}), Left(uncounted={"KMS key": "AccessDenied"})):
        monkeypatch.setattr(ending, "settled", lambda *_, left=left, **__: left)
        run.outcomes.clear()
        perform(run, [("key", passes)], say=lambda text: None)
        assert verdict(run, ending.end(run, say=lambda text: None)) == "failed"


def test_ctrl_c_has_to_be_pressed_three_times_to_leave_a_destroy() -> None:
    message: list[str] = []
    with pytest.raises(KeyboardInterrupt), ending.insisting(message.append):
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
    assert [text[-45:-41] for text in message] != [] and len(message) == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_time_limit_keeps_some_for_the_destroy() -> None:
    clock = Clock()
    budget = Budget(minutes=100, dollars=None, rates=Rates(0.0, 0.0, 0.0), clock=clock)
    clock.now = 60 * 77.0
    budget.check()
    clock.now = 60 * 78.0
    with pytest.raises(LimitError, match="100 minutes"):
        budget.check()


def test_a_destroy_that_takes_long_gets_two_fifths_at_most() -> None:
    clock = Clock()
    budget = Budget(minutes=100, dollars=None, rates=Rates(0.0, 0.0, 0.0), end=82, clock=clock)
    clock.now = 60 * 59.0
    budget.check()
    clock.now = 60 * 60.0
    with pytest.raises(LimitError, match="100 minutes"):
        budget.check()


def test_money_is_reckoned_by_what_a_step_may_hold() -> None:
    clock = Clock()
    budget = Budget(minutes=1000, dollars=5, rates=Rates(endpoint=1.0, training=2.0, batch=0.5), clock=clock)
    budget.enter("deploy")  # trains and serves: 3 USD an hour
    clock.now = 3600
    assert budget.spent == pytest.approx(3)
    budget.enter("promotion")  # both fleets and a training job: 4 USD an hour
    clock.now += 900
    assert budget.spent == pytest.approx(4)
    budget.check()
    clock.now += 900
    with pytest.raises(LimitError, match="5 USD"):
        budget.check()
