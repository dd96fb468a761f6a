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


def test_whether_it_began_is_asked_whatever_the_error_of_the_start_was() -> None:
    [caught] = STATES["Start the run"]["Catch"]
    assert caught["ErrorEquals"] == ["States.ALL"]
    look = STATES[caught["Next"]]
    assert look["Resource"] == "retrain"
    choice = STATES[look["Next"]]
    [began] = choice["Choices"]
    assert (began["Variable"], began["Next"]) == ("$.noted.started", "Trains")
    assert STATES[choice["Default"]]["Type"] == "Fail"
    # The reason of the failure is the start's, also if asking fails.
    assert look["Catch"][0]["ResultPath"] != caught["ResultPath"]
