"""The promise as it is used: a thousand tests without a difference, with a look after every label."""

from __future__ import annotations

import random
from collections import Counter
from statistics import median

from contracts.ab_tests import evidence
from lambda_src.ab_test.statistics.judge import Judged, judge
from tests.unit.lambda_src.ab_test.statistics import made
from tests.unit.lambda_src.ab_test.statistics.made import Chances, plan

ALPHA, TESTS = 0.05, 1_000


def _tests(chances: Chances, *, texts: int, seed: int, tests: int = TESTS, **of_plan: object) -> list[Judged]:
    chance = random.Random(seed)
    how = plan(**of_plan)  # type: ignore[arg-type]
    return [judge(how, made.drawn(chance, chances, texts=texts), texts) for _ in range(tests)]


def _ends(judged: list[Judged]) -> Counter[str | None]:
    return Counter(each.verdict for each in judged)


def test_of_tests_without_a_difference_at_most_alpha_have_a_winner() -> None:
    ends = _ends(_tests(Chances(0.45, 0.45, 0.1), texts=120, seed=1, most_labels=120))
    assert ends["better"] + ends["worse"] <= ALPHA * TESTS
    assert min(ends["better"], ends["worse"]) >= 1  # the simulation does reach the thresholds
    assert ends["labels-spent"] >= (1 - ALPHA) * TESTS


def test_90_against_92_percent_takes_at_most_80_labels() -> None:
    judged = _tests(Chances(0.04, 0.02), texts=3_000, seed=2, tests=150)
    assert median(len(each.looks) for each in judged) <= 80
    assert _ends(judged)["better"] >= 0.85 * 150
    assert _ends(judged)["worse"] <= 2


def test_a_challenger_worse_by_the_margin_is_seldom_called_not_worse() -> None:
    ends = _ends(_tests(Chances(0.3, 0.4), texts=200, seed=3, tests=400, goal="not-worse", margin=0.1))
    assert ends["not-worse"] + ends["worse"] <= ALPHA * 400
    assert ends["not-worse"] >= 1


def test_texts_that_nobody_will_label_do_not_make_a_worse_challenger_not_worse() -> None:
    """Texts on which both agree stay: without the others, the difference would look half as large as it is."""
    chance, how = random.Random(9), plan(goal="not-worse", margin=0.1)
    ends = Counter[str | None]()
    for _ in range(200):
        texts = made.drawn(chance, Chances(0.05, 0.15), texts=600)
        left = [each if chance.random() < 0.5 else made.gone(each) for each in texts]
        ends[judge(how, left, 600).verdict] += 1
    assert ends["not-worse"] + ends["worse"] <= ALPHA * 200


def test_equal_models_are_not_worse() -> None:
    judged = _tests(Chances(0.03, 0.03), texts=4_000, seed=4, tests=30, goal="not-worse", margin=0.02)
    ends, usual = _ends(judged), evidence.usual_labels(differ=0.06, margin=0.02, alpha=ALPHA)
    assert ends["not-worse"] >= 25
    assert 0.6 < median(len(each.looks) for each in judged) / usual < 1.6
    assert ends["worse"] == 0


def test_a_fixed_set_of_texts_in_random_order() -> None:
    """Of a replay's own texts, each model is right on as many: not independent draws, but a random order."""
    chance = random.Random(6)
    winners = 0
    for _ in range(200):
        labels = list("no" * 60)
        chance.shuffle(labels)
        winners += judge(plan(), made.differing("".join(labels)), 120).verdict in ("better", "worse")
    assert winners <= ALPHA * 200


def test_the_usual_test_after_every_label_breaks_the_promise() -> None:
    """A z test at 5 %, looked at as often: what the evidence is there to avoid."""
    chance = random.Random(8)
    winners = 0
    for _ in range(TESTS):
        won = 0
        for label in range(1, 121):
            won += chance.choice((1, -1))
            if label >= 20 and won**2 > 1.96**2 * label:
                winners += 1
                break
    assert winners > 3 * ALPHA * TESTS
