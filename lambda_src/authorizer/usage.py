"""How often each key was used, counted in DynamoDB, since a function has many instances: one write a request.

An item is a key's day. Counting is one conditional addition, so that no two instances can take the same token.
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
# After a failure the table is left alone for so long: each try would add its timeout to a request.
PAUSE_SECONDS = 2
_MAX_KNOWN = 10_000
# The first write may find that the bucket is not as this instance knew it; a second one, told so, is decisive.
_ATTEMPTS = 3

# The bucket is being used: its time moves on. The condition is what makes the limit exact.
_MOVE_ON = {
    "UpdateExpression": "ADD full_at :interval, requests :one",
    "ConditionExpression": "full_at >= :now AND full_at <= :latest AND requests < :quota",
}
# It is full: its time starts from now.
_START = {
    "UpdateExpression": "SET full_at = :next, expires_at = :expires ADD requests :one",
    "ConditionExpression": "(attribute_not_exists(full_at) OR full_at < :now)"
    " AND (attribute_not_exists(requests) OR requests < :quota)",
}
_NO_QUOTA = 10**15


class Usage:
    """Counts requests in `table`; `unknown()` is called for each request that it could not count there."""

    def __init__(
        self,
        dynamodb: Any,
        *,
        table: str,
        unknown: Callable[[Exception | None], None],
        microseconds: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._unknown = unknown
        self._microseconds = microseconds
        self._known: LRUCache[str, Used] = LRUCache(_MAX_KNOWN)
        self._paused_until = 0

    def take(self, key_id: str, limits: Limits) -> Standing:
        """Count a request, unless the key's limits refuse it. Never raises for a failing table: then it counts here."""
        now = self._microseconds()
        used = self._known.get(key_id)
        if used is None or used.day != day_of(now):
            used = Used(day_of(now))
        for _ in range(_ATTEMPTS):
            # The numbers only ever grow within a day, so that a refusal by what is known needs no look-up.
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
            # Without the item it is as good as unused: the next attempt finds out.
            return False, _used(error.response.get("Item", {}), day=used.day)

    def _update(self, call: dict[str, Any]) -> Any:
        try:
            return self._dynamodb.update_item(**call)
        except ConnectionClosedError:
            # A kept-alive connection that the other side had closed. At worst the request counts twice.
            return self._dynamodb.update_item(**call)

    def _count_here(self, key_id: str, used: Used, limits: Limits, *, now: int, error: Exception | None) -> Standing:
        """Let it through, by this instance's own count: nobody pays for our table, nobody is without a limit."""
        if not isinstance(error, _PausedError):
            self._paused_until = now + PAUSE_SECONDS * SECOND
        self._unknown(None if isinstance(error, _PausedError) else error)
        used = limits.after(used, now=now)
        self._known[key_id] = used
        return limits.standing(used, now=now)


class _PausedError(Exception):
    """The table failed a moment ago."""


def _used(item: dict[str, Any], *, day: str) -> Used:
    return Used(day, int(item.get("full_at", {}).get("N", 0)), int(item.get("requests", {}).get("N", 0)))
