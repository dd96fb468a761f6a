"""Tests which stacks a delivery leaves alone."""

from __future__ import annotations

import pytest

from tools.delivery.deployed import StackState, refuse_busy
from tools.delivery.errors import USAGE, DeliveryError


@pytest.mark.parametrize(
    ("status", "why"),
    [("UPDATE_IN_PROGRESS", "somebody else changes it"), ("UPDATE_ROLLBACK_FAILED", "no change set can change")],
)
def test_a_stack_that_cannot_be_changed_now_is_refused_in_one_sentence(status: str, why: str) -> None:
    with pytest.raises(DeliveryError, match=why) as refused:
        refuse_busy([StackState("Rubric-dev-Data", "CREATE_COMPLETE"), StackState("Rubric-dev-Serving", status)])
    assert refused.value.status == USAGE and "Rubric-dev-Serving" in str(refused.value)


@pytest.mark.parametrize("status", ["", "CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_a_stable_stack_or_none_is_not(status: str) -> None:
    refuse_busy([StackState("Rubric-dev-Data", status)])
