"""Key records, read from DynamoDB and cached for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cachetools import TLRUCache

from contracts.api.api_keys import KeyRecord, record_of

_MAX_CACHED = 10_000
# A known id with a wrong secret is read again at most once in this time.
_MIN_REREAD_SECONDS = 1


@dataclass(frozen=True)
class _Read:
    """A record, and when it was asked for: what it says may be that old."""

    asked: float
    record: KeyRecord


class KeyRecords:
    """Look-ups by key id. Only existing records are cached, so a new key works at once."""

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

    def reread(self, key_id: str) -> KeyRecord | None:
        """The record as it is now, or None if the cached one was read just now."""
        cached = self._cache.get(key_id)
        if cached and cached.asked + _MIN_REREAD_SECONDS > self._now():
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
