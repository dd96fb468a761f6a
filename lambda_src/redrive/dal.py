"""The request log's table, written so that nothing that is there is lost."""

from __future__ import annotations

from typing import Any

from contracts.request_log import KEY
from lambda_src.common import aws
from lambda_src.common.dynamodb import Item


def make_client() -> Any:
    """A DynamoDB client that gives up soon: what was not written is delivered again."""
    return aws.client("dynamodb", connect_timeout=1.0, read_timeout=1.5, attempts=2)


def make_queue_client() -> Any:
    """An SQS client; what could not be parked is delivered again."""
    return aws.client("sqs", connect_timeout=1.0, read_timeout=1.5, attempts=2)


class Parking:
    """The queue at `url`, whose messages nobody takes but an operator."""

    def __init__(self, sqs: Any, *, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def park(self, body: str, *, reason: str) -> None:
        """Keeps a message's body, with the reason as an attribute. Raises botocore's errors."""
        # Attributes count towards a message's size, and take no more characters than its body ("SendMessage").
        plain = "".join(one if " " <= one <= "~" else "?" for one in reason[:200])
        said = {"DataType": "String", "StringValue": plain or "-"}
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body, MessageAttributes={"reason": said})


class Table:
    """Writes items to the table called `name`."""

    def __init__(self, dynamodb: Any, *, name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def add(self, item: Item) -> None:
        """Sets those attributes that the item does not have yet. Raises botocore's errors.

        Twice is as once, and what came in between stays: feedback on a request may be there before its item is.
        """
        rest = [name for name in item if name not in KEY]
        self._dynamodb.update_item(
            TableName=self._name,
            Key={name: item[name] for name in KEY},
            UpdateExpression="SET " + ", ".join(f"#{n} = if_not_exists(#{n}, :{n})" for n in range(len(rest))),
            ExpressionAttributeNames={f"#{n}": name for n, name in enumerate(rest)},
            ExpressionAttributeValues={f":{n}": item[name] for n, name in enumerate(rest)},
        )
