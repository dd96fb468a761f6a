"""Whole texts of the request log by their keys, with their labels (contracts/logs/request_log.py describes them)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, cast

from cachetools import LRUCache

from contracts.logs import logged_labels
from contracts.logs.request_log import Item
from lambda_src.common import dynamodb, storage
from lambda_src.common.problems import Problem

_KEYS = 100  # BatchGetItem's limit
_MOST_LABELS = 50  # lists of labels that are kept, one for each model
_PAUSES = (0.05, 0.2, 0.5)


class LoggedTexts:
    """The table called `table`. Raises Problem 503 when DynamoDB does not answer.

    Leaves out expired items, which DynamoDB may delete days later ("ttl-expired-items" in its guide).
    """

    def __init__(self, dynamodb: Any, *, table: str, logger: Any) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._logger = logger
        # Under an id there are never other labels.
        self._labels: LRUCache[str, list[str]] = LRUCache(_MOST_LABELS)

    def texts(self, keys: Sequence[tuple[str, int]]) -> list[Item]:
        """The items of (request id, position), in the same order, without those that do not exist."""
        whole: dict[tuple[str, int], Item] = {}
        for start in range(0, len(keys), _KEYS):
            for item in self._get(keys[start : start + _KEYS]):
                whole[item["request_id"], item["position"]] = item
        return self.with_labels([whole[key] for key in keys if key in whole])

    def with_labels(self, items: list[Item]) -> list[Item]:
        """The items with `labels` and `probabilities`, without those whose labels the table does not have."""
        wanted = {item["labels_id"] for item in items if "labels_id" in item} - self._labels.keys()
        known = dict(self._labels)
        for labels_id in sorted(wanted):
            for found in self._get([(labels_id, 0)]):
                known[labels_id] = self._labels[labels_id] = found["labels"]
        return [_unpacked(item, known.get(item.get("labels_id", ""))) for item in items]

    def _get(self, keys: Sequence[tuple[str, int]]) -> list[Item]:
        wanted = [dynamodb.item({"request_id": request_id, "position": position}) for request_id, position in keys]
        items: list[Item] = []
        for pause in (0.0, *_PAUSES):
            time.sleep(pause)
            # Consistent: an index may have a text before every replica of the table has it.
            with storage.failures(self._logger, doing="read texts"):
                answer = self._dynamodb.batch_get_item(
                    RequestItems={self._table: {"Keys": wanted, "ConsistentRead": True}}
                )
            items += current(answer["Responses"].get(self._table, []))
            wanted = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            if not wanted:
                return items
        raise Problem("storage-unavailable", "The request log is busy. Try again.", headers={"retry-after": "2"})


def current(items: Sequence[dict[str, Any]]) -> list[Item]:
    """The unexpired ones of the items (DynamoDB JSON), as Python values."""
    now = time.time()
    plain = [cast(Item, dynamodb.plain(item)) for item in items]
    return [item for item in plain if item.get("expires_at") is None or item["expires_at"] > now]


def _unpacked(item: Item, labels: list[str] | None) -> Item:
    """The item with its labels; unchanged if it has its own, or if they are not known."""
    if labels is None:
        return item
    unpacked: Item = {**item, "labels": labels}
    if packed := item.get("packed_probabilities"):
        unpacked["probabilities"] = logged_labels.unpack(packed)
    return unpacked
