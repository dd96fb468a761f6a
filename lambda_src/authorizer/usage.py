"""How often each key was used, counted in DynamoDB because a function has many instances: one write per request.

An item is one day of one key. Counting is a conditional addition: no two instances can take the same token.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from cachetools import LRUCache

from lambda_src.authorizer.limits import SECOND, Limits, Standing, Used, day_of
from lambda_src.common.aws import error_code

KEEP_DAYS = 35
# How long the table is not used after a failure: each try would add its timeout to a request.
PAUSE_SECONDS = 2
_MAX_KNOWN = 10_000
# The first write may fail because this instance's state is stale; the next ones use the state that came back.
_ATTEMPTS = 3

# The bucket is in use: its time moves on. The condition makes the limit exact.
_MOVE_ON = {
    "UpdateExpression": "ADD full_at :interval, requests :one",
    "ConditionExpression": "full_at >= :now AND full_at <= :latest AND requests < :quota",
}
# The bucket is full: its time starts now.
_START = {
    "UpdateExpression": "SET full_at = :next, expires_at = :expires ADD requests :one",
    "ConditionExpression": "(attribute_not_exists(full_at) OR full_at < :now)"
    " AND (attribute_not_exists(requests) OR requests < :quota)",
}
_NO_QUOTA = 10**15


class Usage:
    """Counts requests in `table`; `uncounted` is called for each request that it could not count there."""

    def __init__(
        self,
        dynamodb: Any,
        *,
        table: str,
        uncounted: Callable[[Exception | None], None],
        microseconds: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._uncounted = uncounted
        self._microseconds = microseconds
        self._known: LRUCache[str, Used] = LRUCache(_MAX_KNOWN)
        self._paused_until = 0

    def take(self, key_id: str, limits: Limits) -> Standing:
        """Count a request, unless the key's limits refuse it. Never raises if the table fails: then it counts here."""
        now = self._microseconds()
        used = self._known.get(key_id)
        if used is None or used.day != day_of(now):
            used = Used(day_of(now))
        for _ in range(_ATTEMPTS):
            # The numbers only grow within a day, so refusing by the known state needs no look-up.
            verdict = limits.refuses(used, now=now)
            if verdict != "ok":
                self._known[key_id] = used
                return limits.standing(used, now=now, verdict=verdict)
            try:
                counted, used = self._count(key_id, used, limits, now=now)
            except (_PausedError, BotoCoreError, ClientError, KeyError, ValueError) as error:
                return self._count_here(key_id, used, limits, now=now, error=error)
            if counted:
                self._known[key_id] = used
                return limits.standing(used, now=now)
        return self._count_here(key_id, used, limits, now=now, error=None)

    def _count(self, key_id: str, used: Used, limits: Limits, *, now: int) -> tuple[bool, Used]:
        """(whether it was counted, the use as the table has it)."""
        if now < self._paused_until:
            raise _PausedError
        start = used.full_at < now
        values = {":one": 1, ":now": now, ":quota": _NO_QUOTA if limits.daily_quota is None else limits.daily_quota}
        if start:
            values |= {":next": now + limits.interval, ":expires": now // SECOND + KEEP_DAYS * 86_400}
        else:
            values |= {":interval": limits.interval, ":latest": limits.latest(now)}
        call = {
            "TableName": self._table,
            "Key": {"key_id": {"S": key_id}, "day": {"S": used.day}},
            "ExpressionAttributeValues": {name: {"N": str(value)} for name, value in values.items()},
            "ReturnValues": "UPDATED_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **(_START if start else _MOVE_ON),
        }
        try:
            return True, _used(self._update(call)["Attributes"], day=used.day)
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            # Without an item the key counts as unused; the next attempt will show.
            return False, _used(error.response.get("Item", {}), day=used.day)

    def _update(self, call: dict[str, Any]) -> Any:
        try:
            return self._dynamodb.update_item(**call)
        except ConnectionClosedError:
            # The other side had closed a kept-alive connection. At worst the request counts twice.
            return self._dynamodb.update_item(**call)

    def _count_here(self, key_id: str, used: Used, limits: Limits, *, now: int, error: Exception | None) -> Standing:
        """Allow the request by this instance's own count: our table's failure refuses nobody, and limits still hold."""
        if not isinstance(error, _PausedError):
            self._paused_until = now + PAUSE_SECONDS * SECOND
        self._uncounted(None if isinstance(error, _PausedError) else error)
        used = limits.after(used, now=now)
        self._known[key_id] = used
        return limits.standing(used, now=now)


class _PausedError(Exception):
    """The table failed a moment ago."""


def _used(item: dict[str, Any], *, day: str) -> Used:
    return Used(day, int(item.get("full_at", {}).get("N", 0)), int(item.get("requests", {}).get("N", 0)))
