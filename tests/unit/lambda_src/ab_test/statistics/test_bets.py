"""The evidence is an e-process: what it is worth on average is computed exactly, over all outcomes."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest

from lambda_src.ab_test.statistics import bets
from lambda_src.ab_test.statistics.bets import STAKES, Counts

TEXTS = 5
OUTCOMES = (-1, 1, 0)  # only the champion is right, only the challenger, both or neither


def _counts(outcomes: tuple[int, ...]) -> Counts:
    return Counts(*(outcomes.count(each) for each in OUTCOMES))


def _expectation(chances: tuple[float, float, float], *, bound: float, below: bool = False) -> float:
    """Of the evidence after TEXTS independent texts."""
    work = bets.log10_below if below else bets.log10_above
    return math.fsum(
        math.prod(chances[OUTCOMES.index(each)] for each in outcomes) * 10 ** work(_counts(outcomes), bound=bound)
        for outcomes in itertools.product(OUTCOMES, repeat=TEXTS)
    )


@pytest.mark.parametrize("bound", [0.0, -0.005, -0.1, 0.05])
@pytest.mark.parametrize("differ", [0.2, 0.6, 1.0])
def test_at_the_bound_it_is_worth_one(bound: float, differ: float) -> None:
    chances = ((differ - bound) / 2, (differ + bound) / 2, 1 - differ)
    assert _expectation(chances, bound=bound) == pytest.approx(1.0)
    assert _expectation(chances, bound=bound, below=True) == pytest.approx(1.0)


def test_within_the_null_hypothesis_it_is_worth_less() -> None:
    worse = (0.33, 0.27, 0.4)
    assert _expectation(worse, bound=0.0) < 1 < _expectation(worse, bound=0.0, below=True)
    assert _expectation(worse, bound=-0.1, below=True) < 1 < _expectation(worse, bound=-0.1)


def test_it_is_the_average_of_the_stakes_products() -> None:
    chance = random.Random(3)
    outcomes = tuple(chance.choices(OUTCOMES, (3, 4, 20), k=200))
    bound = -0.005
    weights = [3, 5, 8, 12, 12, 10, 6, 4]
    for sign, found in ((1, bets.log10_above), (-1, bets.log10_below)):
        products = [
            math.prod(1 + sign * Fraction(stake) * (each - Fraction(bound)) for each in outcomes) for stake in STAKES
        ]
        average = sum(weight * product for weight, product in zip(weights, products, strict=True)) / sum(weights)
        assert 10 ** found(_counts(outcomes), bound=bound) == pytest.approx(float(average))


def _decided(chance: float, *, labels: int, threshold: float) -> tuple[float, float, dict[float, int]]:
    """Exactly: the probabilities that a label ends the test as better and as worse, and after how many labels.

    chance: that the challenger is right, of texts that one of the two got right.
    """
    going, better, worse, quantiles = {0: 1.0}, 0.0, 0.0, dict[float, int]()
    for label in range(1, labels + 1):
        after = dict[int, float]()
        for won, weight in going.items():
            after[won + 1] = after.get(won + 1, 0.0) + weight * chance
            after[won] = after.get(won, 0.0) + weight * (1 - chance)
        going = {}
        for won, weight in after.items():
            counts = Counts(champion=label - won, challenger=won)
            if bets.log10_above(counts) >= threshold:
                better += weight
            elif bets.log10_below(counts) >= threshold:
                worse += weight
            else:
                going[won] = weight
        for quantile in (0.5, 0.9):
            if better >= quantile:
                quantiles.setdefault(quantile, label)
    return better, worse, quantiles


def test_the_chance_of_a_wrong_end_is_within_each_side_s_half_of_alpha() -> None:
    better, worse, _ = _decided(0.5, labels=300, threshold=math.log10(40))
    assert better == pytest.approx(worse)
    assert 0.01 < better <= 0.025


def test_the_labels_that_90_against_92_percent_take() -> None:
    """They differ on 6 % of the texts: the challenger is right on 4 %, the champion on 2 %."""
    better, worse, quantiles = _decided(2 / 3, labels=250, threshold=math.log10(40))
    assert better > 0.98
    assert worse < 0.001
    assert quantiles[0.5] <= 70
    assert quantiles[0.9] <= 150


def test_a_bound_that_would_let_a_bet_lose_all_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        bets.log10_above(Counts(), bound=-0.3)
