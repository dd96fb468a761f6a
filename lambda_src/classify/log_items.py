"""The request log's items: one for each text of a request. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lambda_src.classify.answers import Prediction
from lambda_src.common import log_index


@dataclass(frozen=True, kw_only=True)
class RequestFacts:
    """What the items of one request share; `status` is the HTTP status that was answered.

    keep_text: store, hash or drop, of `data.request_log_text`; for anything else nothing is kept.
    shards: over how many each index spreads what is written.
    """

    request_id: str
    key_id: str
    received: datetime
    latency_ms: float
    status: int
    variant: str
    keep_days: int
    shards: int
    backend: str = ""
    keep_text: str = "store"


def build(facts: RequestFacts, *, texts: Sequence[str], results: Sequence[Prediction] | None) -> list[dict[str, Any]]:
    """DynamoDB items (Python values); without results, of a request that failed."""
    received = facts.received.astimezone(UTC)
    time = received.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shared: dict[str, Any] = {
        "request_id": facts.request_id,
        "time": time,
        "key_id": facts.key_id,
        "status": facts.status,
        "latency_ms": facts.latency_ms,
        "expires_at": int((received + timedelta(days=facts.keep_days)).timestamp()),
    }
    if facts.backend:
        shared["backend"] = facts.backend
    if facts.variant:
        shared["variant"] = facts.variant
    items = []
    for position, text in enumerate(texts):
        found_by = log_index.attributes(
            request_id=facts.request_id, position=position, time=time, key_id=facts.key_id, shards=facts.shards
        )
        item = {**shared, "position": position, **found_by, **kept_of(text, keep=facts.keep_text)}
        if results is not None:
            item.update(_result_attributes(results[position]))
        items.append(item)
    return items


def kept_of(text: str, *, keep: str) -> dict[str, str]:
    """The attributes that say what was classified: `text`, `text_sha256` (hex, of the UTF-8 bytes), or none."""
    if keep == "store":
        return {"text": text}
    return {"text_sha256": hashlib.sha256(text.encode()).hexdigest()} if keep == "hash" else {}


def _result_attributes(result: Prediction) -> dict[str, Any]:
    known = result.probabilities
    return {
        "label": result.label,
        **({} if known is None else {"probabilities": list(known)}),
        **({} if result.confidence is None else {"confidence": result.confidence}),
        "labels": list(result.labels),
        "model_version": result.model_version,
    }
