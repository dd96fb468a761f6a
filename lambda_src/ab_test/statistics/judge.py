"""What the labels given so far say of an A/B test.

There is a look after every label, and the first one whose evidence reaches 2/alpha decides. What is promised, whatever
the number of looks: if the models are equally good on the texts on which they differ (goal `better`), or if the
challenger is worse by exactly the margin (goal `not-worse`), the test ends with a winner of either side with
probability at most alpha. docs/ab-statistics.md says what that rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from contracts.ab_tests import evidence, record
from contracts.ab_tests.record import Disagreement, Look, Plan
from lambda_src.ab_test.statistics import bets, looks
from lambda_src.ab_test.statistics.bets import Counts

Decided = Literal["better", "not-worse", "worse", "labels-spent"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """looks: one for each label in the order of looks, up to the verdict.

    verdict: None while further labels can decide. reason: a sentence about the verdict, or about where the test stands.
    """

    looks: list[Look]
    verdict: Decided | None
    reason: str


@dataclass(kw_only=True, slots=True)
class _State:
    """won: of the labelled disagreements, by who was right. The others: evidence as a power of ten."""

    won: Counts = field(default_factory=Counts)
    better: float = 0.0
    worse: float = 0.0
    not_worse: float = 0.0


def judge(plan: Plan, disagreements: Sequence[Disagreement], compared: int, *, earlier: Sequence[Look] = ()) -> Judged:
    """Goes through all labels. It has no state: the same arguments give the same looks.

    disagreements: of the `compared` texts that both models have answered, those with different labels. Later calls may
    have more of both, at later places. earlier: the looks in the record, which are kept as they are.
    ValueError if places are not what `Disagreement` says.
    """
    walk = looks.Walk(disagreements, compared=compared)
    state, made = _State(), list[Look]()
    threshold = evidence.log10_threshold(plan["alpha"])
    decided = _walked(walk.label(None), plan, state, threshold)
    recorded = {looks.key(each): each for each in earlier}
    for each in looks.in_order(disagreements, earlier)[: plan["most_labels"]]:
        if decided:
            break
        state.won = looks.counted(state.won, looks.right_of(each))
        decided = _walked(walk.label(each), plan, state, threshold)
        if plan["goal"] == record.BETTER:
            decided = _paired(state, threshold)
        look = looks.look_at(each, better=state.better, worse=state.worse, not_worse=state.not_worse)
        made.append(recorded.get(looks.key(each), look))
    if not decided and (spent := _spent(plan, disagreements, made, compared)):
        return Judged(looks=made, verdict=record.LABELS_SPENT, reason=f"{spent}: {_stand(state, plan)}")
    return Judged(looks=made, verdict=decided, reason=_stand(state, plan))


def _paired(state: _State, threshold: float) -> Decided | None:
    """Counts the labelled disagreements alone, in whatever order they were labelled."""
    state.better, state.worse = bets.log10_above(state.won), bets.log10_below(state.won)
    if state.better >= threshold:
        return record.BETTER
    return record.WORSE if state.worse >= threshold else None


def _walked(steps: Sequence[Counts], plan: Plan, state: _State, threshold: float) -> Decided | None:
    """Counts all texts up to the first disagreement without a label; with the goal `not-worse`, this decides.

    Evidence that has reached the threshold stays what it was then: what is promised is about ever reaching it.
    """
    decides = plan["goal"] == record.NOT_WORSE
    state.better = bets.log10_above(state.won)
    for counts in steps:
        if state.not_worse < threshold:
            state.not_worse = bets.log10_above(counts, bound=-plan["margin"])
        if decides:
            state.worse = bets.log10_below(counts, bound=-plan["margin"])
            if state.not_worse >= threshold:
                return record.NOT_WORSE
            if state.worse >= threshold:
                return record.WORSE
    return None


def _spent(plan: Plan, disagreements: Sequence[Disagreement], made: Sequence[Look], compared: int) -> str | None:
    """Why no further label can come; None if one can."""
    if len(made) >= plan["most_labels"]:
        return f"all {plan['most_labels']} labels of the budget are given"
    has_all_texts = (compared and plan["mode"] == record.REPLAY) or compared >= plan["most_texts"]
    if has_all_texts and not any(map(record.waits, disagreements)):
        if not disagreements:
            return f"the two models agree on all {compared} texts"
        if gone := len(disagreements) - len(made):
            return (
                f"of the {len(disagreements)} texts on which the two models differ, {gone} can no longer be labelled "
                "and the others are"
            )
        return f"all {len(disagreements)} texts on which the two models differ are labelled"
    return None


def _stand(state: _State, plan: Plan) -> str:
    """Who was right how often, and the evidence that counts."""
    champion, challenger, neither, _ = state.won
    labels = champion + challenger + neither
    threshold = 2 / plan["alpha"]
    goal = state.better if plan["goal"] == record.BETTER else state.not_worse
    what = "better" if plan["goal"] == record.BETTER else f"not worse by more than {100 * plan['margin']:g} points"
    return (
        f"of {labels} labels, {challenger} are the challenger's answer, {champion} the champion's, {neither} neither's;"
        f" evidence for {what} is {_plain(goal)}, for worse {_plain(state.worse)} ({threshold:g} decides)"
    )


def _plain(log10: float) -> str:
    return f"{10**log10:.3g}" if log10 < 6 else f"10^{log10:.1f}"
