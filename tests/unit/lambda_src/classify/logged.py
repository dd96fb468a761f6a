"""A classified request as the tests of the request log have it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lambda_src.classify import log_items, response

RESULT = response.Prediction("A", (0.1, 0.9), ("A", "B"), "m1")


def facts(**changes: Any) -> log_items.RequestFacts:
    values: dict[str, Any] = {
        "request_id": "r",
        "key_id": "k",
        "received": datetime(2026, 11, 20, 23, 59, 59, 123456, tzinfo=UTC),
        "latency_ms": 12.5,
        "status": 200,
        "variant": "champion",
        "keep_days": 30,
        "shards": 1,
    }
    return log_items.RequestFacts(**{**values, **changes})
