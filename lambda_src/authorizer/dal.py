"""Key records, read from DynamoDB and reused for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

from lambda_src.authorizer.logic import KeyRecord

_MAX_CACHED = 10_000


class KeyRecords:
    """Look-ups by key id. Only records that exist are kept, so that a new key works at once."""

    def __init__(self, dynamodb: Any, *, table: str, cache_seconds: int) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._cache_seconds = cache_seconds
        self._cache: OrderedDict[str, tuple[float, KeyRecord]] = OrderedDict()

    def get(self, key_id: str) -> KeyRecord | None:
        """The record, or None. Raises botocore's errors, KeyError for a record without its hash or salt."""
        cached = self._cache.get(key_id)
        if cached and cached[0] > time.time():
            return cached[1]
        self._cache.pop(key_id, None)
        answer = self._dynamodb.get_item(TableName=self._table, Key={"key_id": {"S": key_id}}, ConsistentRead=True)
        if "Item" not in answer:
            return None
        record = _record(answer["Item"])
        if self._cache_seconds > 0:
            self._cache[key_id] = (time.time() + self._cache_seconds, record)
            if len(self._cache) > _MAX_CACHED:
                self._cache.popitem(last=False)
        return record


def _record(item: dict[str, Any]) -> KeyRecord:
    expires_at = item.get("expires_at", {}).get("N")
    return KeyRecord(
        key_id=item["key_id"]["S"],
        salt=item["salt"]["S"],
        hash=item["hash"]["S"],
        revoked=bool(item.get("revoked", {}).get("BOOL", False)),
        expires_at=int(expires_at) if expires_at is not None else None,
    )
