"""Two operators rotate an API key while callers use it, with the real commands' code and the real authorizer."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest import mock

from greenlet import getcurrent

from lambda_src.authorizer import dal
from lambda_src.authorizer import handler as authorizer
from ops.api import keys
from ops.errors import OpsError
from tests.unit.interleavings.explorer import deviating
from tests.unit.interleavings.explorer.bench import Bench
from tests.unit.interleavings.explorer.engine import Call, Client, Clock, Function, fault

TABLE = "keys"
_GRACE = 86_400.0
# Before the rotations, right after them, after the first operator's other tries, and near the end of the grace period.
_USED_AT = (5.0, 11.0, 30.0, 400.0, _GRACE - 60.0)
_ROTATED_AT, _AGAIN_SECONDS, _TRIES = 10.0, 60.0, 5  # two deviations, and the time to recover from each
_CACHED_SECONDS = 60


class Table:
    """DynamoDB with one record; it knows the conditions of the two writes that exist."""

    def __init__(self) -> None:
        self.item: dict[str, Any] = {}

    def get_item(self, *, ConsistentRead: bool, **_: Any) -> dict[str, Any]:
        assert ConsistentRead
        return {"Item": dict(self.item)} if self.item else {}

    def put_item(self, *, Item: dict[str, Any], ConditionExpression: str, **_: Any) -> dict[str, Any]:
        assert ConditionExpression == "attribute_not_exists(key_id)"
        self._check(not self.item)
        self.item = dict(Item)
        return {}

    def update_item(self, *, UpdateExpression: str, ConditionExpression: str, **request: Any) -> dict[str, Any]:
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        assert ConditionExpression == "#hash = :replacing AND revoked = :no"
        self._check(self.item["hash"] == values[":replacing"] and self.item["revoked"] == values[":no"])
        for part in UpdateExpression.removeprefix("SET ").split(", "):
            name, value = part.split(" = ")
            self.item[names[name]] = values[value]
        return {"Attributes": dict(self.item)}

    def _check(self, holds: bool) -> None:
        if not holds:
            raise fault("ConditionalCheckFailedException")


class Run:
    """shown: each key's text that an operator was shown, and when."""

    def __init__(self, deviations: Mapping[int, str] | None = None) -> None:
        self.clock, self.table = Clock(), Table()
        self.bench = Bench(self._make, deviations, clock=self.clock)
        self.faults: list[str] = []
        self.shown: list[tuple[str, float]] = []
        self._may_fail = bool({"error", "refused", "kill"} & set((deviations or {}).values()))
        self._client = Client("dynamodb", direct=self._make)
        self._copies = [
            dal.KeyRecords(self._client, table=TABLE, cache_seconds=_CACHED_SECONDS, now=self.clock.time)
            for _ in range(2)
        ]
        self._asked: dict[Any, dal.KeyRecords] = {}
        self._began = self.clock.now
        for operator in ("one", "another"):
            self.bench.at(self._began + _ROTATED_AT, partial(self._rotate, operator, tries=_TRIES))
        for when in _USED_AT:
            self.bench.at(self._began + when, self._use)

    def run(self) -> list[str]:
        """Runs to the end; returns the errors."""
        with self._installed():
            text, info = keys.create(self._client, table=TABLE, name="n")
            self._key_id = info.key_id
            self.shown.append((text, self.clock.now))
            if not self.bench.run():
                self.faults.append("it never ends")
        if len(self.shown) != 2:
            self.faults.append(f"{len(self.shown) - 1} new keys were told")
        return self.faults

    def _make(self, call: Call) -> Any:
        request = {name: value for name, value in call.arguments.items() if name not in ("TableName", "Key")}
        return getattr(self.table, call.operation)(**request)

    def _rotate(self, operator: str, *, tries: int, lost: bool = False) -> None:
        """`rubric keys rotate`; the first operator repeats it until it shows a key, the last time with --lost."""

        def then(function: Function) -> None:
            if function.error is None:
                self.shown.append((function.result[0], self.clock.now))
            elif operator == "one" and tries and len(self.shown) == 1:
                rotated = isinstance(function.error, OpsError) and "was rotated before" in str(function.error)
                again = partial(self._again, tries=tries - 1, lost=rotated)
                self.bench.at(self.clock.now + _AGAIN_SECONDS, again)

        grace = timedelta(seconds=_GRACE)
        work = partial(keys.rotate, self._client, table=TABLE, key_id=self._key_id, grace=grace, lost=lost)
        self.bench.start(operator, work, limit=60.0, then=then)

    def _again(self, *, tries: int, lost: bool) -> None:
        if len(self.shown) == 1:
            if not self._may_fail:
                self.faults.append("a rotation that only lost an answer had to be tried again")
            self._rotate("one", tries=tries, lost=lost)

    def _use(self) -> None:
        for copy in self._copies:
            for number, (text, shown) in enumerate(self.shown):
                self.bench.start(f"key {number}", partial(self._judge, copy, text, shown), limit=10.0)

    def _judge(self, copy: dal.KeyRecords, text: str, shown: float) -> None:
        self._asked[getcurrent()] = copy
        verdict = authorizer.judge(text)[0]
        young = self.clock.now - shown < dal._MIN_REREAD_SECONDS
        if verdict != "ok" and not young and not (verdict == "unavailable" and self._may_fail):
            at = self.clock.now - self._began
            self.faults.append(f"a key that was shown at {shown - self._began:.0f} s is {verdict} at {at:.0f} s")

    @contextmanager
    def _installed(self) -> Iterator[None]:
        now = SimpleNamespace(now=lambda zone: self.clock.moment(), fromisoformat=datetime.fromisoformat)
        with (
            mock.patch.object(keys, "datetime", now),
            mock.patch.object(authorizer, "time", self.clock),
            mock.patch.object(authorizer, "_records", lambda: self._asked[getcurrent()]),
            mock.patch.object(authorizer.logger, "exception", lambda *_, **__: None),
            redirect_stdout(io.StringIO()),
        ):
            yield


def explore(*, pairs_every: int, first: bool = False) -> tuple[list[str], int]:
    """Like `deviating.twice`."""
    return deviating.twice(Run, pairs_every=pairs_every, first=first)
