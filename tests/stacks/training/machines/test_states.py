"""Each machine's definition is consistent, and retriers for all errors come last."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.training.machines.definitions import (
    AUTOMATIC,
    FIRST,
    MANUAL,
    PROMOTION,
    RETRAINED,
    RETRAINED_BY_HAND,
    RETRAINING,
    TESTED,
    TESTED_BY_HAND,
)
from tests.stacks.training.machines.reading import problems

ALL = [AUTOMATIC, MANUAL, TESTED, TESTED_BY_HAND, RETRAINED, RETRAINED_BY_HAND, PROMOTION, FIRST, RETRAINING]


@pytest.mark.parametrize("definition", ALL)
def test_a_definition_holds_together(definition: dict[str, Any]) -> None:
    assert problems(definition) == []


@pytest.mark.parametrize("definition", ALL)
def test_what_retries_everything_comes_last(definition: dict[str, Any]) -> None:
    for name, state in definition["States"].items():
        for retry in state.get("Retry", [])[:-1]:
            assert "States.ALL" not in retry["ErrorEquals"], name
