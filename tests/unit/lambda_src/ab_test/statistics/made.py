"""Made-up tests: texts that both models have answered, and their labels."""

from __future__ import annotations

import random
from typing import NamedTuple

from contracts.ab_tests.record import Disagreement, Goal, Mode, Plan


class Chances(NamedTuple):
    """Of a text: that only the challenger is right, that only the champion is, that they differ and neither is."""

    challenger: float
    champion: float
    neither: float = 0.0


def plan(*, goal: Goal = "better", mode: Mode = "replay", most_labels: int = 300, margin: float = 0.005) -> Plan:
    """A plan at alpha 5 %."""
    return Plan(
        mode=mode,
        goal=goal,
        alpha=0.05,
        margin=margin,
        most_labels=most_labels,
        most_texts=10_000,
        ends_at="2026-12-14T12:00:00.000Z",
        share=0.1,
        unit="text",
        allocation="fixed",
        hourly_price=None,
        promote="ask",
    )


def disagreement(number: int, *, place: int, label: str = "", at: int | None = None) -> Disagreement:
    """The champion's answer is `old`, the challenger's is `new`. at: when it was labelled, by default in this order."""
    return Disagreement(
        request_id=f"request-{number}",
        position=0,
        place=place,
        champion="old",
        challenger="new",
        label=label,
        labelled_at=f"2026-12-01T00:00:00.{number if at is None else at:06d}Z" if label else "",
        labeller="anna" if label else "",
    )


def gone(of: Disagreement) -> Disagreement:
    """The same text, which left the log before anybody labelled it."""
    return {**of, "label": "", "labelled_at": "", "labeller": "", "gone": True}


def differing(labels: str) -> list[Disagreement]:
    """Disagreements alone. labels: of each text, `o` for the champion's answer, `n` the challenger's, `x` neither."""
    names = {"o": "old", "n": "new", "x": "other", ".": ""}
    return [disagreement(number, place=number, label=names[each]) for number, each in enumerate(labels)]


def drawn(chance: random.Random, chances: Chances, *, texts: int) -> list[Disagreement]:
    """The disagreements among independent texts, all labelled."""
    labels = ("new", "old", "other", "")
    weights = (*chances, 1 - sum(chances))
    outcomes = chance.choices(labels, weights, k=texts)
    differ = [(place, label) for place, label in enumerate(outcomes) if label]
    return [disagreement(number, place=place, label=label) for number, (place, label) in enumerate(differ)]
