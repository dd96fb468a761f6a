from __future__ import annotations

import math
import random

import pytest

from contracts.ab_tests import live
from lambda_src.ab_test.statistics import split
from lambda_src.ab_test.statistics.split import Units


def _value(groups: list[Units]) -> float:
    return 10 ** split.log10_evidence(groups)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.9, 1.0])
def test_of_a_split_as_planned_it_is_worth_one(share: float) -> None:
    units = 12
    chances = [math.comb(units, won) * share**won * (1 - share) ** (units - won) for won in range(units + 1)]
    average = math.fsum(chance * _value([Units(share, units, won)]) for won, chance in enumerate(chances))
    assert average == pytest.approx(1.0)


def test_a_share_that_changes_is_counted_piece_by_piece() -> None:
    average = math.fsum(
        math.comb(5, first) * 0.1**first * 0.9 ** (5 - first) * math.comb(5, then) * 0.5**5 * _value(groups)
        for first in range(6)
        for then in range(6)
        for groups in [[Units(0.1, 5, first), Units(0.5, 5, then)]]
    )
    assert average == pytest.approx(1.0)
    as_planned = [Units(0.1, 1_000, 100), Units(0.5, 1_000, 500)]
    assert split.report(as_planned)["state"] == split.AS_PLANNED
    # Where a third of the champion's answers are lost, the challenger's odds are 1.5 times as high at each share.
    assert split.report([Units(0.1, 700, 100), Units(0.5, 833, 500)])["state"] == split.NOT_AS_PLANNED


def test_below_100_units_nothing_is_said() -> None:
    assert split.report([Units(0.1, 99, 99)])["state"] == split.TOO_FEW
    assert split.report([Units(0.1, 100, 100)])["state"] == split.NOT_AS_PLANNED
    assert split.report([])["state"] == split.TOO_FEW


def test_what_was_found_stays_found() -> None:
    found = split.report([Units(0.1, 200, 60)])
    assert found["state"] == split.NOT_AS_PLANNED
    assert split.report([Units(0.1, 2_000, 200)], before=found)["state"] == split.NOT_AS_PLANNED
    assert split.report([Units(0.1, 2_000, 200)])["state"] == split.AS_PLANNED


def test_the_split_by_hash_is_never_called_wrong_and_lost_answers_are() -> None:
    """A look after every twentieth unit. The fault: half of the challenger's answers are not logged."""
    chance = random.Random(2)
    wrong, found = 0, []
    for test in range(60):
        units, challenger, kept, kept_challenger, at = 0, 0, 0, 0, None
        for number in range(600):
            of = live.variant_of(f"text {number}", salt=f"test {test}", share=0.3) == live.CHALLENGER
            units, challenger = units + 1, challenger + of
            if not (of and chance.random() < 1 / 2):
                kept, kept_challenger = kept + 1, kept_challenger + of
            if number % 20 == 19:
                wrong += split.report([Units(0.3, units, challenger)])["state"] == split.NOT_AS_PLANNED
                faulty = split.report([Units(0.3, kept, kept_challenger)])["state"] == split.NOT_AS_PLANNED
                at = number if at is None and faulty else at
        found.append(at)
    assert wrong == 0
    assert sum(at is not None for at in found) >= 55


@pytest.mark.parametrize("group", [Units(1.2, 10, 1), Units(0.1, 10, 11), Units(0.1, 1, -1)])
def test_counts_that_cannot_be_are_refused(group: Units) -> None:
    with pytest.raises(ValueError, match="not a count"):
        split.log10_evidence([group])
