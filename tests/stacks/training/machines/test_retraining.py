"""The retraining machine starts a run under the decision's name, and nothing for any other decision."""

from __future__ import annotations

from typing import get_args

from contracts.retraining import decision
from contracts.retraining.decision import Outcome
from tests.stacks.training.machines.definitions import RETRAINING

STATES = RETRAINING["States"]


def test_each_outcome_has_a_way_of_its_own_and_only_one_starts_a_run() -> None:
    ways = {each["StringEquals"]: each["Next"] for each in STATES["What was decided?"]["Choices"]}
    assert ways.keys() == set(get_args(Outcome))
    assert len(set(ways.values())) == len(ways)
    assert {outcome for outcome, state in ways.items() if not STATES[state].get("End")} == {decision.TRAIN}


def test_a_run_is_started_under_its_own_name_and_not_waited_for() -> None:
    start = STATES["Start the run"]
    assert start["Resource"].endswith(":states:::states:startExecution")
    assert start["Parameters"]["Name.$"] == "$.decision.run"
    assert start["Parameters"]["Input.$"] == "$.decision.input"


def test_a_run_that_was_started_before_is_noted_and_not_a_failure() -> None:
    start = STATES["Start the run"]
    [known, everything] = start["Catch"]
    assert known["ErrorEquals"] == ["StepFunctions.ExecutionAlreadyExistsException"]
    assert known["Next"] == start["Next"] == "Note the run"
    assert STATES[STATES[everything["Next"]]["Next"]]["Type"] == "Fail"
