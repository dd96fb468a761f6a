from __future__ import annotations

import random

import pytest

from lambda_src.ab_test.statistics import thompson
from lambda_src.ab_test.statistics.bets import Counts


def test_without_labels_it_is_even() -> None:
    assert thompson.share(Counts(), least=0.05, most=0.95) == 0.5
    # Texts without a label, or that both or neither got right, are no failures.
    assert thompson.share(Counts(neither=500), least=0.05, most=0.95) == 0.5


def test_it_is_the_chance_that_the_challenger_is_better() -> None:
    chance = random.Random(1)
    draws = [chance.betavariate(1 + 14, 1 + 9) > 0.5 for _ in range(20_000)]
    expected = thompson.probability_better(Counts(champion=9, challenger=14))
    assert expected == pytest.approx(sum(draws) / len(draws), abs=0.01)
    assert thompson.probability_better(Counts(champion=14, challenger=9)) == pytest.approx(1 - expected)


def test_it_stays_within_the_limits() -> None:
    assert thompson.share(Counts(challenger=60), least=0.05, most=0.5) == 0.5
    assert thompson.share(Counts(champion=60), least=0.05, most=0.5) == 0.05


def test_many_labels_are_no_trouble() -> None:
    assert thompson.probability_better(Counts(champion=5_000, challenger=5_100)) == pytest.approx(0.84, abs=0.01)


def test_the_share_follows_the_better_model() -> None:
    chance = random.Random(4)
    champion = challenger = 0
    for _ in range(200):
        if chance.random() < 2 / 3:
            challenger += 1
        else:
            champion += 1
    assert thompson.share(Counts(champion=champion, challenger=challenger), least=0.05, most=0.9) == 0.9
