"""Sends requests with one idempotency key, concurrently and one after another, to a table of kept answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest import mock

from lambda_src.common import dynamodb
from lambda_src.common.api import http, idempotency
from lambda_src.common.problems import Problem
from tests.unit.interleavings.explorer import deviating
from tests.unit.interleavings.explorer.bench import Bench
from tests.unit.interleavings.explorer.engine import Call, Client, Clock, Function, fault

_FUNCTION_SECONDS = 30.0
# Two at the same time, one after a killed one counts as dead, and one more.
_ASKED_AT = (0.0, 0.0, 2.0, 95.0, 190.0)
_QUIET = SimpleNamespace(exception=lambda *_: None, warning=lambda *_, **__: None)


class Table:
    """DynamoDB, with the conditions that these writes have."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}

    def put_item(self, *, Item: dict[str, Any], **request: Any) -> dict[str, Any]:
        self._check(Item["answer_id"]["S"], **request)
        self.items[Item["answer_id"]["S"]] = Item
        return {}

    def delete_item(self, *, Key: dict[str, Any], **request: Any) -> dict[str, Any]:
        self._check(Key["answer_id"]["S"], **request)
        self.items.pop(Key["answer_id"]["S"], None)
        return {}

    def _check(self, answer_id: str, *, ConditionExpression: str = "", **request: Any) -> None:
        held = self.items.get(answer_id, {})
        item, values = dynamodb.plain(held), dynamodb.plain(request.get("ExpressionAttributeValues", {}))
        parts = ConditionExpression.split(" OR ")
        if ConditionExpression and not any(_holds(part, item, values) for part in parts):
            error = fault("ConditionalCheckFailedException")
            error.response["Item"] = held
            raise error


def _holds(condition: str, item: dict[str, Any], values: dict[str, Any]) -> bool:
    if condition.startswith("attribute_not_exists("):
        return condition[len("attribute_not_exists(") : -1] not in item
    name, operator, value = condition.split(" ")
    return name in item and (item[name] < values[value] if operator == "<" else item[name] == values[value])


class Run:
    """answered: each request's answer, in order of time: the number of the run, or the problem's slug."""

    def __init__(self, deviations: Mapping[int, str] | None = None) -> None:
        self.table, self.clock = Table(), Clock()
        self.bench = Bench(self._make, deviations, clock=self.clock)
        self.faults: list[str] = []
        self._table_fails = bool({"error", "refused"} & set((deviations or {}).values()))
        self._runs, self._at_work = 0, 0
        self._statuses: list[int] = []
        self._store = idempotency.Answers(Client("dynamodb", direct=self._make), table="answers", logger=_QUIET)
        self._backend = Client("backend", direct=self._make)
        for number, when in enumerate(_ASKED_AT):
            self.bench.at(self.clock.now + when, partial(self._ask, number))

    def run(self) -> list[str]:
        """Runs to the end; returns the errors."""
        with mock.patch.object(idempotency, "time", self.clock):
            if not self.bench.run():
                self.faults.append("it never ends")
        return self.faults

    def _make(self, call: Call) -> Any:
        if call.service == "backend":
            self._runs += 1
            return self._runs
        request = {name: value for name, value in call.arguments.items() if name != "TableName"}
        return getattr(self.table, call.operation)(**request)

    def _ask(self, number: int) -> None:
        kept = self._kept()

        def then(function: Function) -> None:
            if kept is not None and self._kept() != kept:
                self.faults.append(f"the kept answer was {kept} and is {self._kept()}")
            if function.error is None:
                self._judge(number, function.result, kept)
            elif number == len(_ASKED_AT) - 1 and isinstance(function.error, Problem):
                self.faults.append(f"the last request is answered {function.error.slug}")

        self.bench.start(f"request {number}", partial(self._answer, number), limit=_FUNCTION_SECONDS, then=then)

    def _answer(self, number: int) -> Any:
        event = {
            "headers": {"idempotency-key": "k"},
            "body": "{}",
            "rawPath": "/v1/classify",
            "requestContext": {"requestId": f"request-{number}", "http": {"method": "POST", "path": "/v1/classify"}},
        }

        def work() -> Any:
            self._at_work += 1
            if self._at_work > 1 and not self._table_fails:
                self.faults.append("two do the work at the same time")
            try:
                return http.json_response(event, status=200, document={"run": self._backend.run()})
            finally:
                self._at_work -= 1

        answer = idempotency.once(event, work, key_id="me", answers=lambda: self._store)
        return json.loads(answer["body"])["run"]

    def _judge(self, number: int, answered: int, kept_before: int | None) -> None:
        """kept_before: the answer that was kept when the request began."""
        if kept_before is not None and answered != kept_before and not self._table_fails:
            self.faults.append(f"request {number} is answered {answered}, and {kept_before} was kept")
        if self._statuses and answered not in self._statuses and not self._table_fails and number > 2:
            self.faults.append(f"request {number} is answered {answered} after {self._statuses}")
        self._statuses.append(answered)

    def _kept(self) -> int | None:
        for item in self.table.items.values():
            if (kept := idempotency._kept(item)).answer is not None:
                return int(json.loads(kept.answer["body"])["run"])
        return None


def explore(*, pairs_every: int, first: bool = False) -> tuple[list[str], int]:
    """Like `deviating.twice`."""
    return deviating.twice(Run, pairs_every=pairs_every, first=first)
