"""Key records, read from DynamoDB and cached for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

from contracts.api_keys import KeyRecord, record_of

_MAX_CACHED = 10_000
# A known id with a wrong secret is read again at most once in this time.
_MIN_REREAD_SECONDS = 1


class KeyRecords:
    """Look-ups by key id. Only existing records are cached, so a new key works at once."""

    def __init__(self, dynamodb: Any, *, table: str, cache_seconds: int) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._cache_seconds = cache_seconds
        self._cache: OrderedDict[str, tuple[float, KeyRecord]] = OrderedDict()  # with when it was read

    def get(self, key_id: str) -> KeyRecord | None:
        """The record, or None. Raises botocore's errors, KeyError for a record without its hash or salt."""
        cached = self._cache.get(key_id)
        if cached and cached[0] + self._cache_seconds > time.time():
            return cached[1]
        return self._read(key_id)

    def reread(self, key_id: str) -> KeyRecord | None:
        """The record as it is now, or None if the cached one was read just now."""
        cached = self._cache.get(key_id)
        if cached and cached[0] + _MIN_REREAD_SECONDS > time.time():
            return None
        return self._read(key_id)

    def _read(self, key_id: str) -> KeyRecord | None:
        self._cache.pop(key_id, None)
        read_at = time.time()
        answer = self._dynamodb.get_item(TableName=self._table, Key={"key_id": {"S": key_id}}, ConsistentRead=True)
        if "Item" not in answer:
            return None
        record = record_of(answer["Item"])
        if self._cache_seconds > 0:
            self._cache[key_id] = (read_at, record)
            if len(self._cache) > _MAX_CACHED:
                self._cache.popitem(last=False)
        return record
