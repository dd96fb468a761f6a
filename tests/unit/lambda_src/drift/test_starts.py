"""The weights of the start times."""

from __future__ import annotations

import math

import pytest

from lambda_src.drift.statistics import starts


def test_the_sum_of_the_weights_is_known_at_each_block() -> None:
    total = 0.0
    for block in range(5000):
        assert starts.bet_before(block) == pytest.approx(total)
        total += starts.weight(block)


def test_never_more_is_bet_than_there_is() -> None:
    assert starts.bet_before(1 << 60) < 1 - starts.RESERVE
    assert math.isclose(starts.bet_before(1 << 60), 1 - starts.RESERVE, abs_tol=0.05)
