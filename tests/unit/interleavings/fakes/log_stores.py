"""Fakes of DynamoDB and SQS for the request log, according to their API references."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from local_aws.dynamodb_limits import requests
from tests import sqs_bodies
from tests.unit.interleavings.explorer.engine import Clock, fault

LOG, ERASED = "log", "erased"
WAITING, PARKED = "https://sqs/waiting", "https://sqs/parked"
VISIBLE_AGAIN = 60.0
_KEYS = {LOG: ("request_id", "position"), ERASED: ("erased_id",)}
_SET = re.compile(r"(#\d+) = if_not_exists\(\1, (:\d+)\)")

Item = dict[str, Any]


class Tables:
    """The request log and the tombstones. busy: how many keys the next read leaves unprocessed; first_written: by key,
    when the item was first written.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.items: dict[str, dict[tuple[str, ...], Item]] = {LOG: {}, ERASED: {}}
        self.busy = 0
        self.first_written: dict[tuple[str, ...], float] = {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        self._refuse("UpdateItem", request)
        assert request["TableName"] == LOG
        key = _key(LOG, request["Key"])
        held = self.items[LOG].setdefault(key, dict(request["Key"]))
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        parts = request["UpdateExpression"].removeprefix("SET ").split(", #")
        pairs = _SET.findall(request["UpdateExpression"])
        assert len(parts) == len(pairs), request["UpdateExpression"]
        for name, value in pairs:
            held.setdefault(names[name], values[value])
        self.first_written.setdefault(key, self._clock.now)
        return {}

    def put_item(self, *, TableName: str, Item: Item) -> dict[str, Any]:
        self.items[TableName][_key(TableName, Item)] = dict(Item)
        return {}

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> dict[str, Any]:
        found = self.items[TableName].get(_key(TableName, Key))
        return {"Item": dict(found)} if found else {}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        [(table, asked)] = RequestItems.items()
        assert asked["ConsistentRead"]
        keys = asked["Keys"]
        left, self.busy = keys[: self.busy], 0
        found = [
            self.items[table][_key(table, key)] for key in keys[len(left) :] if _key(table, key) in self.items[table]
        ]
        return {"Responses": {table: found}, "UnprocessedKeys": {table: {**asked, "Keys": left}} if left else {}}

    def batch_write_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        [(table, asked)] = RequestItems.items()
        for one in asked:
            self.items[table].pop(_key(table, one["DeleteRequest"]["Key"]), None)
        return {}

    def query(self, *, TableName: str, KeyConditionExpression: str, **request: Any) -> dict[str, Any]:
        assert KeyConditionExpression == "request_id = :id"
        wanted = request["ExpressionAttributeValues"][":id"]
        return {"Items": [dict(item) for item in self.items[TableName].values() if item["request_id"] == wanted]}

    def scan(self, *, TableName: str, **_: Any) -> dict[str, Any]:
        return {"Items": [dict(item) for item in self.items[TableName].values()]}

    def _refuse(self, operation: str, request: dict[str, Any]) -> None:
        message = requests.refusal(operation, request, keys_of=lambda name: [("request_id", "position")])
        if message:
            raise fault("ValidationException", message)


def _key(table: str, item: Item) -> tuple[str, ...]:
    return tuple(str(next(iter(item[name].values()))) for name in _KEYS[table])


class Queues:
    """SQS with two queues: a message that is not deleted is delivered again, and any message may be delivered twice."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made = 0
        self.messages: dict[str, list[SimpleNamespace]] = {WAITING: [], PARKED: []}

    def send_message(
        self, *, QueueUrl: str, MessageBody: str, MessageAttributes: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        sqs_bodies.refuse(MessageBody)
        self._made += 1
        self.messages[QueueUrl].append(
            SimpleNamespace(
                id=f"m{self._made}", body=MessageBody, about=MessageAttributes or {}, visible=0.0, handles=[],
                sent=self._clock.now,
            )
        )  # fmt: skip
        return {}

    def receive_message(
        self, *, QueueUrl: str, MaxNumberOfMessages: int, VisibilityTimeout: float = VISIBLE_AGAIN, **_: Any
    ) -> dict[str, Any]:
        found = [each for each in self.messages[QueueUrl] if each.visible <= self._clock.now][:MaxNumberOfMessages]
        for each in found:
            each.visible = self._clock.now + VisibilityTimeout
            each.handles.append(f"{each.id}-{len(each.handles)}")
        return {"Messages": [_shown(each) for each in found]} if found else {}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        held = self.messages[QueueUrl]
        held[:] = [each for each in held if ReceiptHandle not in each.handles]
        return {}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> dict[str, Any]:
        for each in self.messages[QueueUrl]:
            if ReceiptHandle in each.handles:
                each.visible = self._clock.now + VisibilityTimeout
        return {}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        for entry in Entries:
            message = {name: entry[name] for name in ("ReceiptHandle", "VisibilityTimeout")}
            self.change_message_visibility(QueueUrl=QueueUrl, **message)
        return {}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        away = sum(each.visible > self._clock.now for each in self.messages[QueueUrl])
        counts = (len(self.messages[QueueUrl]) - away, away)
        return {"Attributes": {name: str(count) for name, count in zip(AttributeNames, counts, strict=True)}}


def _shown(message: SimpleNamespace) -> dict[str, Any]:
    return {
        "MessageId": message.id,
        "Body": message.body,
        "ReceiptHandle": message.handles[-1],
        "MessageAttributes": message.about,
        "Attributes": {"SentTimestamp": str(int(message.sent * 1000))},
    }


class Paginating:
    """A client whose paginators make one call per page."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_paginator(self, operation: str) -> Any:
        def paginate(**request: Any) -> Iterator[Any]:
            yield getattr(self._client, operation)(**request)

        return SimpleNamespace(paginate=paginate)
