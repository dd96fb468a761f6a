"""Texts that come late: who reads the log in the order of its places has passed theirs. No I/O."""

from __future__ import annotations

from datetime import datetime

from contracts.logs import request_log
from lambda_src.common import dynamodb, times
from lambda_src.common.dynamodb import Item


def marked(item: Item) -> Item:
    """The item with a place that says that it came late; unchanged if it is not a text."""
    return {**item, "place": {"S": request_log.late(item["place"]["S"])}} if _is_text(item) else item


def arrival(item: Item, *, now: datetime) -> Item | None:
    """The item that says when the text came; None if it is not a text.

    If the text is in the table already, it stays in its usual place, and readers do not look it up by this item.
    """
    if not _is_text(item):
        return None
    arrived = times.written(now)
    values = request_log.late_item(
        item["request_id"]["S"], int(item["position"]["N"]), arrived=arrived, expires_at=_expires(item)
    )
    return dynamodb.item(values)


def _is_text(item: Item) -> bool:
    request_id, position = item["request_id"].get("S", ""), item["position"].get("N", "")
    place = item.get("place", {}).get("S", "")
    numbered = len(position) <= 2 and position.isascii() and position.isdigit()
    return bool(request_id) and request_log.is_request_id(request_id) and numbered and request_log.is_place(place)


def _expires(item: Item) -> int:
    # An item that is written has not expired, and has no longer time than the table takes (redrive/erased.py).
    ends = item.get("expires_at", {}).get("N", "")
    return int(ends) if len(ends) <= 20 and ends.isascii() and ends.isdigit() else 0
