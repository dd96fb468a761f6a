"""Tests the promotion machine: it follows a rollout to its end, and rolls a model back."""

from __future__ import annotations

import pytest

from stacks.training.machines import promotion
from tests.stacks.training.machines.definitions import AUTOMATIC, MANUAL, PROMOTION


def test_promotion_takes_an_artifact_or_looks_up_an_event() -> None:
    states = PROMOTION["States"]
    assert states["Which model?"]["Choices"][0] == {"Variable": "$.artifact_uri", "IsPresent": True, "Next": "Start"}
    look_up = states[states["Which model?"]["Default"]]
    assert look_up["Parameters"] == {"action": "resolve", "event.$": "$", "execution.$": "$$.Execution.Id"}
    approved = states[look_up["Next"]]
    assert approved["Choices"] == [{"Variable": "$.artifact_uri", "IsPresent": True, "Next": "Start"}]
    assert states[approved["Default"]] == {"Type": "Succeed"}


@pytest.mark.parametrize("rollout_seconds", [3600, 4200, 10800])
@pytest.mark.parametrize("state", ["Start", "Take it back"])
def test_promotion_outlasts_an_update_of_the_stack_that_rolls_back_at_its_very_end(
    rollout_seconds: int, state: str
) -> None:
    patience = promotion.Patience(rollout_seconds=rollout_seconds, poll_seconds=30)
    busy = promotion.definition(promote_arn="promote", patience=patience)["States"][state]["Retry"][0]
    assert busy["ErrorEquals"] == ["StackBusy"]
    waits = [
        min(busy["MaxDelaySeconds"], busy["IntervalSeconds"] * busy["BackoffRate"] ** n)
        for n in range(busy["MaxAttempts"])
    ]
    assert 2 * rollout_seconds + 900 <= sum(waits) < 2 * rollout_seconds + 1000
    assert patience.timeout_seconds >= 3 * sum(waits) - 300
    # Step Functions ends an execution at 25,000 events; a try or a look is at most 10.
    assert 10 * (2 * len(waits) + 2 * patience.update_seconds / patience.poll_seconds) < 25_000


def test_a_promotion_is_given_what_the_gate_compared_the_model_with() -> None:
    for definition in (AUTOMATIC, MANUAL):
        payload = definition["States"]["Promote"]["Parameters"]["Input"]
        assert payload["champion.$"] == definition["States"]["Gate"]["Parameters"]["champion_uri.$"]
    assert PROMOTION["States"]["Start"]["Parameters"] == {
        "action": "start",
        "execution.$": "$$.Execution.Id",
        "input.$": "$",
    }


def test_a_start_that_failed_or_whose_answer_was_lost_is_looked_after() -> None:
    states = PROMOTION["States"]
    assert states["Start"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Let go"}]
    after = states[states["Let go"]["Next"]]
    assert {choice["StringEquals"]: choice["Next"] for choice in after["Choices"]} == {
        "done": "Serving",
        "failed": "Rollout failed",
    }
    assert after["Default"] == "Wait"


def test_a_rollout_is_watched_until_it_ends() -> None:
    states = PROMOTION["States"]
    assert states["Wait"] == {"Type": "Wait", "Seconds": 7, "Next": "Check"}
    choices = {choice["StringEquals"]: choice["Next"] for choice in states["Is it done?"]["Choices"]}
    assert choices == {"done": "Serving", "failed": "Take it back"}
    assert states["Is it done?"]["Default"] == "Wait"


def test_a_failed_rollout_takes_the_model_back_and_ends_with_the_reason() -> None:
    states = PROMOTION["States"]
    revert = states["Take it back"]
    assert revert["Parameters"] == {
        "action": "revert",
        "execution.$": "$$.Execution.Id",
        "reason.$": "$.check.reason",
    }
    [goes_on] = states[revert["Next"]]["Choices"]
    assert states[states[revert["Next"]]["Default"]] == {
        "Type": "Fail",
        "Error": "RolledBack",
        "CausePath": "$.check.reason",
    }
    assert (goes_on["Variable"], goes_on["StringEquals"]) == ("$.reverted.status", "updating")
    check = states[states[goes_on["Next"]]["Next"]]
    ends = {choice["StringEquals"]: choice["Next"] for choice in states[check["Next"]]["Choices"]}
    assert ends == {"done": "Rolled back", "failed": "Not rolled back"}
    assert states[check["Next"]]["Default"] == goes_on["Next"]
    assert states["Not rolled back"] == {"Type": "Fail", "Error": "NotRolledBack", "CausePath": "$.back.reason"}
