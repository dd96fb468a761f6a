from __future__ import annotations

import random

import pytest

from contracts.ab_tests import evidence
from contracts.ab_tests.record import Look
from lambda_src.ab_test.statistics.judge import judge
from tests.linear_time import assert_linear
from tests.unit.lambda_src.ab_test.statistics import made
from tests.unit.lambda_src.ab_test.statistics.made import Chances, differing, plan


def test_before_the_first_label_nothing_is_decided() -> None:
    judged = judge(plan(), differing("..."), 50)
    assert (judged.looks, judged.verdict) == ([], None)
    assert "of 0 labels" in judged.reason


def test_the_first_label_whose_evidence_suffices_decides() -> None:
    judged = judge(plan(), differing("n" * 30), 100)
    assert judged.verdict == "better"
    assert judged.looks[-1]["log10_better"] >= evidence.log10_threshold(0.05) > judged.looks[-2]["log10_better"]
    assert len(judged.looks) < 15
    assert f"{len(judged.looks)} are the challenger's answer" in judged.reason


def test_the_champion_wins_as_well() -> None:
    judged = judge(plan(), differing("o" * 30), 100)
    assert judged.verdict == "worse"
    assert judged.looks[-1]["log10_worse"] >= evidence.log10_threshold(0.05)


def test_labels_of_neither_cost_a_label_and_move_nothing() -> None:
    judged = judge(plan(), differing("xxxn"), 100)
    assert [each["right"] for each in judged.looks] == ["neither", "neither", "neither", "challenger"]
    assert [each["log10_better"] for each in judged.looks[:3]] == [0.0, 0.0, 0.0]
    assert judged.looks[3]["log10_better"] > 0 > judged.looks[3]["log10_worse"]


def test_looks_are_in_the_order_of_the_labels() -> None:
    texts = [made.disagreement(number, place=number, label="new", at=9 - number) for number in range(4)]
    assert [each["request_id"] for each in judge(plan(), texts, 10).looks] == [f"request-{n}" for n in (3, 2, 1, 0)]


def test_a_label_that_arrives_late_changes_no_look_of_the_record() -> None:
    texts = [made.disagreement(number, place=number, label="new", at=10 + number) for number in range(3)]
    first = judge(plan(), texts, 10).looks
    late = made.disagreement(3, place=3, label="old", at=1)
    looks = judge(plan(), [*texts, late], 10, earlier=first).looks
    assert looks[:3] == first
    assert looks[3]["request_id"] == "request-3"


def test_labels_one_at_a_time_are_judged_as_all_at_once() -> None:
    chance = random.Random(5)
    for goal in ("better", "not-worse"):
        texts = made.drawn(chance, Chances(0.05, 0.03, 0.02), texts=2_000)
        order = chance.sample(range(len(texts)), len(texts))
        known = [{**each, "label": "", "labelled_at": ""} for each in texts]
        looks: list[Look] = []
        for at, number in enumerate(order):
            known[number] = {**texts[number], "labelled_at": f"{at:06d}"}
            judged = judge(plan(goal=goal), known, 2_000, earlier=looks)  # type: ignore[arg-type]
            looks = judged.looks
            if judged.verdict:
                break
        labelled = known if judged.verdict else texts
        assert judge(plan(goal=goal), labelled, 2_000) == judged  # type: ignore[arg-type]


def test_the_budget_of_labels_ends_it() -> None:
    judged = judge(plan(most_labels=10), differing("no" * 30), 100)
    assert judged.verdict == "labels-spent"
    assert len(judged.looks) == 10
    assert judged.reason.startswith("all 10 labels of the budget are given: of 10 labels")


def test_a_replay_ends_when_no_text_is_left_to_label() -> None:
    assert judge(plan(), differing("nono"), 100).verdict == "labels-spent"
    assert judge(plan(mode="live"), differing("nono"), 100).verdict is None
    assert judge(plan(), differing("non."), 100).verdict is None


def test_models_that_never_differ() -> None:
    judged = judge(plan(), [], 100)
    assert judged.verdict == "labels-spent"
    assert "agree on all 100 texts" in judged.reason
    assert judge(plan(mode="live"), [], 100).verdict is None
    # Texts without a difference are evidence that there is none larger than the margin.
    assert judge(plan(goal="not-worse", margin=0.02), [], 100).verdict == "labels-spent"
    assert judge(plan(goal="not-worse", margin=0.02), [], 500).verdict == "not-worse"


def test_not_worse_counts_texts_up_to_the_first_disagreement_without_a_label() -> None:
    texts = [
        made.disagreement(0, place=10, label="new"),
        made.disagreement(1, place=20),
        made.disagreement(2, place=30, label="new"),
    ]
    waiting = judge(plan(goal="not-worse"), texts, 5_000)
    assert waiting.verdict is None
    assert waiting.looks[0]["log10_not_worse"] == waiting.looks[1]["log10_not_worse"]
    texts[1] = made.disagreement(1, place=20, label="old")
    assert judge(plan(goal="not-worse"), texts, 5_000).verdict == "not-worse"


def test_worse_by_less_than_the_margin_is_not_worse() -> None:
    chance = random.Random(7)
    texts = made.drawn(chance, Chances(0.020, 0.025), texts=8_000)
    assert judge(plan(goal="better", most_labels=1_000), texts, 8_000).verdict != "better"
    assert judge(plan(goal="not-worse", most_labels=1_000, margin=0.02), texts, 8_000).verdict == "not-worse"
    worse = made.drawn(chance, Chances(0.01, 0.06), texts=8_000)
    assert judge(plan(goal="not-worse", most_labels=1_000, margin=0.02), worse, 8_000).verdict == "worse"


@pytest.mark.parametrize("places", [(3, 3), (3, 10), (-1, 3)])
def test_places_that_cannot_be_are_refused(places: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="places of disagreements"):
        judge(plan(), [made.disagreement(number, place=place) for number, place in enumerate(places)], 10)


def test_the_time_is_in_proportion_to_the_labels() -> None:
    assert_linear(
        lambda size: differing("no" * (size // 2)),
        lambda texts: judge(plan(most_labels=10_000), texts, len(texts)),
        size=500,
    )


def test_a_replay_ends_when_no_label_can_come_any_more() -> None:
    texts = [made.disagreement(0, place=0, label="new"), made.gone(made.disagreement(1, place=1))]
    judged = judge(plan(), texts, 10)
    assert judged.verdict == "labels-spent"
    assert judged.reason.startswith("of the 2 texts on which the two models differ, 1 can no longer be labelled and")
    assert judge(plan(), [*texts, made.disagreement(2, place=2)], 10).verdict is None


def test_a_text_that_is_gone_does_not_stop_what_comes_after_it() -> None:
    """And it counts against either side."""
    texts = [made.gone(made.disagreement(0, place=0)), made.disagreement(1, place=1, label="new")]
    [look] = judge(plan(goal="not-worse"), texts, 2).looks
    [best] = judge(plan(goal="not-worse"), [made.disagreement(1, place=0, label="new")], 1).looks
    assert look["log10_not_worse"] < best["log10_not_worse"] and look["log10_worse"] < best["log10_worse"]


def test_a_live_test_ends_when_all_its_texts_are_compared_and_labelled() -> None:
    """Its endpoint would cost until the time is over, and nothing could come of it."""
    how = {**plan(mode="live"), "most_texts": 50}
    assert judge(how, differing("no"), 49).verdict is None  # type: ignore[arg-type]
    assert judge(how, differing("n."), 50).verdict is None  # type: ignore[arg-type]
    assert judge(how, differing("no"), 50).verdict == "labels-spent"  # type: ignore[arg-type]
