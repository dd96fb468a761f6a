"""Writes to the request log's table without overwriting anything, and to the queue of parked messages."""

from __future__ import annotations

from typing import Any

from contracts.logs.request_log import KEY
from lambda_src.common import aws
from lambda_src.common.dynamodb import Item


def make_client() -> Any:
    """A DynamoDB client that gives up soon: messages that were not written are delivered again."""
    return aws.client("dynamodb", connect_timeout=1.0, read_timeout=1.5, attempts=2)


def make_queue_client() -> Any:
    """An SQS client; messages that could not be parked are delivered again."""
    return aws.client("sqs", connect_timeout=1.0, read_timeout=1.5, attempts=2)


class Parking:
    """The queue at `url`, which only operators read."""

    def __init__(self, sqs: Any, *, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def park(self, body: str, *, reason: str) -> None:
        """Keeps a message's body, with the reason as an attribute. Raises botocore's errors."""
        # Attributes count towards a message's size, and allow the same characters as its body ("SendMessage").
        plain = "".join(one if " " <= one <= "~" else "?" for one in reason[:200])
        attribute = {"DataType": "String", "StringValue": plain or "-"}
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body, MessageAttributes={"reason": attribute})


class Table:
    """Writes items to the table called `name`."""

    def __init__(self, dynamodb: Any, *, name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def add(self, item: Item) -> None:
        """Sets the attributes that the item does not have yet. Raises botocore's errors.

        A second call changes nothing, and later changes stay: feedback on a request may be stored before its item.
        """
        rest = [name for name in item if name not in KEY]
        self._dynamodb.update_item(
            TableName=self._name,
            Key={name: item[name] for name in KEY},
            UpdateExpression="SET " + ", ".join(f"#{n} = if_not_exists(#{n}, :{n})" for n in range(len(rest))),
            ExpressionAttributeNames={f"#{n}": name for n, name in enumerate(rest)},
            ExpressionAttributeValues={f":{n}": item[name] for n, name in enumerate(rest)},
        )
