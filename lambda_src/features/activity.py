"""What is counted of a caller or a publisher: a count for each day of the window. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from contracts.features import computed
from contracts.features.values import Value

# Labels of a day that are counted by name: a model with many must not make the state grow without end.
MOST_LABELS = 100


@dataclass
class Day:
    """confidence: a sum, over `confident` texts. wrong: feedback that differs from the answer. labels: of answers."""

    texts: int = 0
    confidence: float = 0.0
    confident: int = 0
    feedback: int = 0
    wrong: int = 0
    labels: dict[str, int] = field(default_factory=dict)


@dataclass
class Activity:
    """One caller or publisher. first_seen: UTC, of the first text that was counted; "" before."""

    first_seen: str = ""
    days: dict[str, Day] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Activity:
        """The activity that `document` was made from."""
        days = {day: Day(**counts) for day, counts in document["days"].items()}
        return cls(first_seen=document["first_seen"], days=days)

    def document(self) -> dict[str, Any]:
        """What the state keeps."""
        return {"first_seen": self.first_seen, "days": {day: vars(counts) for day, counts in self.days.items()}}

    def count_text(self, time: str, *, label: str, confidence: float | None) -> None:
        """Count an answered text. time: UTC."""
        day = self._day(time)
        self.first_seen = min(self.first_seen or time, time)
        day.texts += 1
        if confidence is not None:
            day.confidence += confidence
            day.confident += 1
        if label in day.labels or len(day.labels) < MOST_LABELS:
            day.labels[label] = day.labels.get(label, 0) + 1

    def count_feedback(self, time: str, *, is_wrong: bool) -> None:
        """Count a label that a caller gave as feedback. time: of the feedback, UTC."""
        day = self._day(time)
        day.feedback += 1
        day.wrong += is_wrong

    def forget(self, *, today: str) -> bool:
        """Drop the days before the window that ends with `today`; whether there were any."""
        first = (date.fromisoformat(today) - timedelta(days=computed.WINDOW_DAYS - 1)).isoformat()
        kept = {day: counts for day, counts in self.days.items() if day >= first}
        changed, self.days = len(kept) < len(self.days), kept
        return changed

    def features(self) -> dict[str, Value]:
        """The features by name; those that nothing is known of are left out."""
        days = self.days.values()
        texts, confident = sum(day.texts for day in days), sum(day.confident for day in days)
        feedback = sum(day.feedback for day in days)
        values: dict[str, Value] = {computed.TEXTS: texts, computed.FEEDBACK: feedback}
        if self.first_seen:
            values[computed.FIRST_SEEN] = self.first_seen
        if confident:
            values[computed.CONFIDENCE] = round(sum(day.confidence for day in days) / confident, 4)
        if feedback:
            values[computed.WRONG_SHARE] = round(sum(day.wrong for day in days) / feedback, 4)
        labels: dict[str, int] = {}
        for day in days:
            for label, count in day.labels.items():
                labels[label] = labels.get(label, 0) + count
        if labels:
            top = min(labels, key=lambda label: (-labels[label], label))
            values[computed.TOP_LABEL] = top
            values[computed.TOP_SHARE] = round(labels[top] / texts, 4)
        return values

    def _day(self, time: str) -> Day:
        return self.days.setdefault(time[:10], Day())
