"""Key records, read from DynamoDB and reused for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

from contracts.api_keys import KeyRecord, record_of

_MAX_CACHED = 10_000
# Wrong keys under a right id cost one look-up in so long, not one each.
_YOUNG_SECONDS = 1


class KeyRecords:
    """Look-ups by key id. Only records that exist are kept, so that a new key works at once."""

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

    def again(self, key_id: str) -> KeyRecord | None:
        """The record as it is by now, or None where the one in the cache is too young to differ."""
        cached = self._cache.get(key_id)
        if cached and cached[0] + _YOUNG_SECONDS > time.time():
            return None
        return self._read(key_id)

    def _read(self, key_id: str) -> KeyRecord | None:
        self._cache.pop(key_id, None)
        asked = time.time()
        answer = self._dynamodb.get_item(TableName=self._table, Key={"key_id": {"S": key_id}}, ConsistentRead=True)
        if "Item" not in answer:
            return None
        record = record_of(answer["Item"])
        if self._cache_seconds > 0:
            self._cache[key_id] = (asked, record)
            if len(self._cache) > _MAX_CACHED:
                self._cache.popitem(last=False)
        return record
