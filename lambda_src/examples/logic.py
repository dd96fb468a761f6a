"""Labelled texts in, what became of each out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from lambda_src.examples.parsing import Example

STORED, DUPLICATE, CONFLICTING = "stored", "duplicate", "conflicting"


class Store(Protocol):
    """What keeps the examples (dal.Examples)."""

    def add(self, item: dict[str, Any]) -> dict[str, Any] | None: ...


def keep(store: Store, examples: Sequence[Example], *, key_id: str, now: datetime) -> dict[str, Any]:
    """Stores what is new; the contract's ExamplesAnswer. A text keeps the label that it came with first."""
    time = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    results = []
    for example in examples:
        item = {
            "example_id": example.example_id,
            "text": example.text,
            "label": example.label,
            "key_id": key_id,
            "time": time,
            "source": "api",
        }
        there = store.add(item)
        if there is None:
            results.append(STORED)
        else:
            results.append(DUPLICATE if there.get("label") == example.label else CONFLICTING)
    counts = Counter(results)
    return {**{name: counts[name] for name in (STORED, DUPLICATE, CONFLICTING)}, "results": results}
