"""Stores labelled texts and returns the result for each."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from contracts.datasets.ledger import EXAMPLE, Event
from lambda_src.common import ledger
from lambda_src.common.times import written
from lambda_src.examples.request_body import Example

STORED, DUPLICATE, CONFLICTING = "stored", "duplicate", "conflicting"


class Store(Protocol):
    """Stores the examples (dal.Examples)."""

    def add(self, item: dict[str, Any], *, event: Event | None, now: int) -> dict[str, Any] | None: ...


@dataclass(frozen=True)
class Caller:
    """Who sends the examples, and whether their labels are trusted."""

    key_id: str
    trusted: bool = field(kw_only=True)


def keep(
    store: Store, examples: Sequence[Example], *, erased: frozenset[str], caller: Caller, now: datetime, keep_days: int
) -> dict[str, Any]:
    """Stores the caller's new texts; returns the contract's ExamplesAnswer. A text keeps its first label.

    The answer depends only on what this caller sent before. So a text in `erased` is stored too, as an item without
    the text, and gets the same answers as any other; the ledger gets nothing of it.
    """
    results = []
    for example in examples:
        known = example.text in erased
        item = _item(example, key_id=caller.key_id, now=now, keep_days=keep_days, with_text=not known)
        event = None if known else _event(example, item, caller=caller, keep_days=keep_days)
        existing = store.add(item, event=event, now=int(now.timestamp()))
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
        "time": written(now),
        "source": "api",
        "expires_at": int((now + timedelta(days=keep_days)).timestamp()),
    }


def _event(example: Example, item: dict[str, Any], *, caller: Caller, keep_days: int) -> Event:
    """The ledger's event, the same for every call that stores this item."""
    return ledger.label_event(
        example.text_id,
        source=EXAMPLE,
        key_id=caller.key_id,
        trusted=caller.trusted,
        label=example.label,
        at=item["time"],
        keep_days=keep_days,
        same=(item["example_id"], item["time"]),
        text=example.text,
    )


def example_id(text_id: str, *, key_id: str) -> str:
    """The table's key: 64 hex digits, different for each caller and text."""
    return hashlib.sha256(f"{key_id}\0{text_id}".encode()).hexdigest()
