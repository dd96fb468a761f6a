"""Statistics of the last hours in the log: counts, confidence, and how often feedback agreed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts.ab_tests.live import CHALLENGER, CHAMPION
from contracts.logs import request_log
from contracts.logs.request_log import Item
from lambda_src.common.times import written
from lambda_src.request_log_api.dal import RequestLog
from lambda_src.request_log_api.merged import Merged
from lambda_src.request_log_api.slices import Reader, begin, slices
from lambda_src.request_log_api.views import confidence_of

# The limit of one request: how many texts it reads. The answer says if older ones are left out.
TEXTS = 20_000
TEXTS_A_ROUND = 4_000
LONGEST = timedelta(days=7)
_DEFAULT_AGE = timedelta(days=1)
BINS = 10  # of the highest probabilities, of equal width from 0 to 1


@dataclass
class Tally:
    """Counts of texts."""

    texts: int = 0
    failed: int = 0
    uncertain: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    confidence: float = 0.0  # the sum over the texts `with_confidence`: a foundation model reports none
    with_confidence: int = 0
    feedback: Counter[bool] = field(default_factory=Counter)

    def add(self, item: Item) -> None:
        """Counts a text."""
        self.texts += 1
        if item.get("feedback_label") is not None:
            self.feedback[item["feedback_label"] == item.get("label")] += 1
        if not item.get("label"):
            self.failed += 1
            return
        self.labels[str(item["label"])] += 1
        self.uncertain += request_log.is_uncertain(item["place"])
        if (confidence := confidence_of(item)) is not None:
            self.with_confidence += 1
            self.confidence += confidence

    def document(self) -> dict[str, Any]:
        """Its part of the contract's Stats."""
        return {
            "texts": self.texts,
            "failed": self.failed,
            "uncertain": self.uncertain,
            "labels": dict(sorted(self.labels.items())),
            "mean_confidence": round(self.confidence / self.with_confidence, 4) if self.with_confidence else None,
        }


def stats(log: RequestLog, reader: Reader, *, since: str | None, now: datetime, keep_days: int) -> dict[str, Any]:
    """The contract's Stats, for texts from the last `keep_days` days. Raises Problem 422 for an invalid time."""
    oldest = min(LONGEST, timedelta(days=keep_days))
    start = begin(since, now=now, default=_DEFAULT_AGE, oldest=oldest)
    total, hours, variants = Tally(), dict[str, Tally](), {CHAMPION: Tally(), CHALLENGER: Tally()}
    confidences = [0] * BINS
    complete, reached = True, start
    for item in _items(log, reader, start=start, now=now):
        if item is None:
            complete = False
            break
        reached = request_log.time_of(item["place"])
        total.add(item)
        hours.setdefault(f"{reached[:13]}:00:00Z", Tally()).add(item)
        if (confidence := confidence_of(item)) is not None:
            confidences[min(int(confidence * BINS), BINS - 1)] += 1
        if item.get("label"):
            variants[CHALLENGER if request_log.is_challenged(item["place"]) else CHAMPION].add(item)
    return {
        "since": start,
        "until": written(now),
        "complete": complete,
        "counted_since": start if complete else reached,
        **total.document(),
        "confidences": confidences,
        "hours": [{"hour": hour, **hours[hour].document()} for hour in sorted(hours)],
        "feedback": _agreement(total.feedback),
        "variants": _by_variant(variants) if variants[CHALLENGER].texts else [],
    }


def _by_variant(variants: Mapping[str, Tally]) -> list[dict[str, Any]]:
    return [
        {"variant": name, **tally.document(), "feedback": _agreement(tally.feedback)}
        for name, tally in variants.items()
    ]


def _agreement(feedback: Counter[bool]) -> dict[str, Any]:
    texts = feedback[True] + feedback[False]
    accuracy = round(feedback[True] / texts, 4) if texts else None
    return {"texts": texts, "correct": feedback[True], "accuracy": accuracy}


def _items(log: RequestLog, reader: Reader, *, start: str, now: datetime) -> Iterator[Item | None]:
    """The texts as an index holds them, newest first; a final None if there are more than one request may read."""
    shards, left = log.shards(), TEXTS
    for part in slices(reader, since=start, today=now.date()):
        merged = Merged(log, part, shards=shards)
        while not merged.ended:
            if merged.looked_at >= left:
                yield None
                return
            yield from merged.round(texts=min(TEXTS_A_ROUND, left - merged.looked_at))
        left -= merged.looked_at
