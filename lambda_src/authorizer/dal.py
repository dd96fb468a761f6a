"""Key records, read from DynamoDB and reused for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cachetools import TLRUCache

from contracts.api_keys import KeyRecord, record_of

_MAX_CACHED = 10_000
# Wrong keys under a right id cost one look-up in so long, not one each.
_YOUNG_SECONDS = 1


@dataclass(frozen=True)
class _Read:
    """A record, and when it was asked for: what it says may be that old."""

    asked: float
    record: KeyRecord


class KeyRecords:
    """Look-ups by key id. Only records that exist are kept, so that a new key works at once."""

    def __init__(self, dynamodb: Any, *, table: str, cache_seconds: int, now: Callable[[], float] = time.time) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now
        self._cache: TLRUCache[str, _Read, float] = TLRUCache(
            _MAX_CACHED, ttu=lambda _, read, __: read.asked + cache_seconds, timer=now
        )

    def get(self, key_id: str) -> KeyRecord | None:
        """The record, or None. Raises botocore's errors, KeyError for a record without its hash or salt."""
        cached = self._cache.get(key_id)
        return cached.record if cached else self._read(key_id)

    def again(self, key_id: str) -> KeyRecord | None:
        """The record as it is by now, or None where the one in the cache is too young to differ."""
        cached = self._cache.get(key_id)
        if cached and cached.asked + _YOUNG_SECONDS > self._now():
            return None
        return self._read(key_id)

    def _read(self, key_id: str) -> KeyRecord | None:
        self._cache.pop(key_id, None)
        asked = self._now()
        answer = self._dynamodb.get_item(TableName=self._table, Key={"key_id": {"S": key_id}}, ConsistentRead=True)
        if "Item" not in answer:
            return None
        record = record_of(answer["Item"])
        self._cache[key_id] = _Read(asked, record)
        return record
