"""Invented events of callers, some of them late, and what is right after all of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.features import registry as registries
from contracts.features.registry import Registry
from contracts.features.values import time_text

SHARE_LATE = 0.1
_LATE_EVENTS = 200  # a late event comes after up to so many later ones
# Before now, so that no event lies ahead of the clock.
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)


def registry() -> Registry:
    """Four features of a caller, one of each type that is usual."""
    described = [("texts", "integer"), ("share_uncertain", "float"), ("label", "string"), ("seen_at", "timestamp")]
    return registries.parse(
        {
            "features": [
                {"name": name, "entity": "caller", "type": kind, "source": "request_log", "time_to_live": 30 * 86_400}
                for name, kind in described
            ]
        }
    )


def events(*, count: int, callers: int, seed: int = 1) -> list[dict[str, Any]]:
    """Events in the order in which they arrive: one in ten comes later than its time."""
    chance = random.Random(seed)
    arriving = []
    for number in range(count):
        happened = time_text(START + timedelta(milliseconds=number * 100))
        late = chance.randrange(1, _LATE_EVENTS) if chance.random() < SHARE_LATE else 0
        event = {
            "entity": "caller",
            "entity_id": f"key-{int(callers * chance.random() ** 2):06d}",  # some callers send much more than others
            "features": {
                "texts": number,
                "share_uncertain": round(chance.random(), 4),
                "label": chance.choice(["politics", "sports", "science"]),
                "seen_at": happened,
            },
            "event_time": happened,
            "event_id": f"e{number:08d}",
        }
        arriving.append((number + late, number, event))
    return [event for _, _, event in sorted(arriving, key=lambda each: each[:2])]


def overtaken(arriving: Sequence[dict[str, Any]]) -> int:
    """How many events arrive after a later one of the same caller."""
    newest: dict[str, str] = {}
    late = 0
    for event in arriving:
        known = newest.get(event["entity_id"], "")
        late += event["event_time"] < known
        newest[event["entity_id"]] = max(known, event["event_time"])
    return late


def newest(arriving: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The right values of each caller: those of its latest event."""
    latest: dict[str, dict[str, Any]] = {}
    for event in arriving:
        known = latest.get(event["entity_id"])
        if known is None or event["event_time"] > known["event_time"]:
            latest[event["entity_id"]] = event
    return {one: event["features"] for one, event in latest.items()}


def batches(arriving: Sequence[dict[str, Any]], *, size: int) -> Iterator[Sequence[dict[str, Any]]]:
    """The events, so many at a time."""
    for start in range(0, len(arriving), size):
        yield arriving[start : start + size]
