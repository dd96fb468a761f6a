"""The bound by labels: it holds at any time, while the accuracy changes; and what it says beside the estimate."""

from __future__ import annotations

import random

import pytest

from lambda_src.drift.accuracy import audit as bounds
from lambda_src.drift.accuracy.audit import ALPHA, EPOCH, Audit, Bound
from lambda_src.drift.accuracy.label_shift import Estimate
from lambda_src.drift.accuracy.verdict import verdict

RUNS, LABELS = 100, 400


def _is_excluded(mean: float, *, right: int, texts: int, alpha: float) -> bool:
    return bounds._from_above(mean, right, texts, alpha) or bounds._from_below(mean, right, texts, alpha)


def _ever_excluded(chance: random.Random, *, alpha: float) -> bool:
    """Whether the running mean of an accuracy that falls is ever outside of the bound."""
    right, means = 0, 0.0
    for number in range(1, LABELS + 1):
        mean = 0.95 if number <= 100 else 0.75
        means += mean
        right += chance.random() < mean
        if _is_excluded(means / number, right=right, texts=number, alpha=alpha):
            return True
    return False


def test_the_bound_on_the_running_mean_holds_at_all_times() -> None:
    chance = random.Random(5)
    # At 0.05, more than 13 of 100 happen once in a thousand times.
    assert sum(_ever_excluded(chance, alpha=0.05) for _ in range(RUNS)) <= 13
    # The test would find bounds out that are too narrow.
    assert sum(_ever_excluded(chance, alpha=0.7) for _ in range(RUNS)) > 13


def test_the_bound_is_where_the_exclusion_ends() -> None:
    audit = Audit()
    for number in range(50):
        audit.add(is_right=number % 5 > 0)
    bound = audit.whole()
    for mean, excluded in ((bound.low - 1e-4, True), (bound.low + 1e-4, False), (bound.high - 1e-4, False)):
        assert _is_excluded(mean, right=40, texts=50, alpha=ALPHA / 2) is excluded


def test_the_bound_narrows() -> None:
    audit = Audit()
    assert (audit.whole().low, audit.whole().high) == (0, 1)
    for number in range(1000):
        audit.add(is_right=number % 10 > 0)
    assert 0.85 < audit.whole().low < 0.9 < audit.whole().high < 0.94


def test_a_fall_is_seen_in_the_late_labels_first() -> None:
    audit = Audit()
    for _ in range(3000):
        audit.add(is_right=True)
    for number in range(2 * EPOCH):
        audit.add(is_right=number % 2 > 0)
    assert audit.late().high < 0.65 < audit.whole().low
    assert audit.late().texts == 2 * EPOCH


def _estimate(low: float, high: float) -> Estimate:
    return Estimate(texts=1000, accuracy=(low + high) / 2, low=low, high=high, shares=[0.5, 0.5], uncorrected=0.9)


@pytest.mark.parametrize(
    ("estimate", "bound", "kind"),
    [
        (_estimate(0.85, 0.9), (200, 0.6, 0.8), "lower_than_expected"),
        (_estimate(0.6, 0.7), (200, 0.75, 0.9), "higher_than_expected"),
        (_estimate(0.85, 0.9), (200, 0.8, 0.95), "agree"),
        (_estimate(0.85, 0.9), (19, 0.0, 0.5), "too_few_labels"),
        (None, (200, 0.0, 0.5), "too_few_answers"),
    ],
)
def test_the_verdict(estimate: Estimate | None, bound: tuple[int, float, float], kind: str) -> None:
    texts, low, high = bound
    said = verdict(estimate, Bound(texts=texts, right=0, low=low, high=high))
    assert said.kind == kind
    assert said.sentence.endswith(".")
