"""Labelled texts in, what became of each out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from lambda_src.examples.parsing import Example

STORED, DUPLICATE, CONFLICTING = "stored", "duplicate", "conflicting"


class Store(Protocol):
    """What keeps the examples (dal.Examples)."""

    def add(self, item: dict[str, Any], *, now: int) -> dict[str, Any] | None: ...


def keep(
    store: Store, examples: Sequence[Example], *, erased: frozenset[str], key_id: str, now: datetime, keep_days: int
) -> dict[str, Any]:
    """Stores what is new of this caller; the contract's ExamplesAnswer. Its text keeps the label that came first.

    The answer depends on what the caller itself sent before, and on nobody else: so of a text that was erased
    (`erased`: such texts) an item without the text is stored, and the answers are those of any other text.
    """
    results = []
    for example in examples:
        item = _item(example, key_id=key_id, now=now, keep_days=keep_days, with_text=example.text not in erased)
        there = store.add(item, now=int(now.timestamp()))
        if there is None:
            results.append(STORED)
        else:
            results.append(DUPLICATE if there.get("label") == example.label else CONFLICTING)
    counts = Counter(results)
    return {**{name: counts[name] for name in (STORED, DUPLICATE, CONFLICTING)}, "results": results}


def _item(example: Example, *, key_id: str, now: datetime, keep_days: int, with_text: bool) -> dict[str, Any]:
    """Who said what of which text, and when; callers that send the same text have the same text_id."""
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
    """The table's key: a caller's own for each text, 64 hex digits."""
    return hashlib.sha256(f"{key_id}\0{text_id}".encode()).hexdigest()
