"""Stores labelled texts and returns the result for each."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from lambda_src.examples.request_body import Example

STORED, DUPLICATE, CONFLICTING = "stored", "duplicate", "conflicting"


class Store(Protocol):
    """Stores the examples (dal.Examples)."""

    def add(self, item: dict[str, Any], *, now: int) -> dict[str, Any] | None: ...


def keep(
    store: Store, examples: Sequence[Example], *, erased: frozenset[str], key_id: str, now: datetime, keep_days: int
) -> dict[str, Any]:
    """Stores the caller's new texts; returns the contract's ExamplesAnswer. A text keeps its first label.

    The answer depends only on what this caller sent before. So a text in `erased` is stored too, as an item without
    the text, and gets the same answers as any other.
    """
    results = []
    for example in examples:
        item = _item(example, key_id=key_id, now=now, keep_days=keep_days, with_text=example.text not in erased)
        existing = store.add(item, now=int(now.timestamp()))
        if existing is None:
            results.append(STORED)
        else:
            results.append(DUPLICATE if existing.get("label") == example.label else CONFLICTING)
    counts = Counter(results)
    return {**{name: counts[name] for name in (STORED, DUPLICATE, CONFLICTING)}, "results": results}


def _item(example: Example, *, key_id: str, now: datetime, keep_days: int, with_text: bool) -> dict[str, Any]:
    """The table's item; the same text has the same text_id for every caller."""
    return {
        "example_id": example_id(example.text_id, key_id=key_id),
        "text_id": example.text_id,
        **({"text": example.text} if with_text else {}),
        "label": example.label,
        "key_id": key_id,
        "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "source": "api",
        "expires_at": int((now + timedelta(days=keep_days)).timestamp()),
    }


def example_id(text_id: str, *, key_id: str) -> str:
    """The table's key: 64 hex digits, different for each caller and text."""
    return hashlib.sha256(f"{key_id}\0{text_id}".encode()).hexdigest()
