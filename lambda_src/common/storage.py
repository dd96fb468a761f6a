"""DynamoDB's failures in the API's terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.common import aws
from lambda_src.common.problems import Problem

_PASSING = {"InternalServerError", "ServiceUnavailable", "InternalFailure", "LimitExceededException"}
_PASSING |= {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
_PASSING |= {"TransactionInProgressException", "TransactionConflictException"}

CONDITION_FAILED = "ConditionalCheckFailedException"

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def make_client() -> Any:
    """A DynamoDB client whose waits stay far below the API's 29 s."""
    return aws.client("dynamodb", connect_timeout=1.0, read_timeout=3.0, attempts=3)


@contextmanager
def failures(logger: Any, *, doing: str) -> Iterator[None]:
    """Turns a failure that will pass into Problem 503, after logging it; our own faults (no permission) go on."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and aws.error_code(error) not in _PASSING:
            raise
        logger.error("the table failed", doing=doing, cause=str(error)[:500])
        detail = "What the API stores cannot be reached at the moment. Try again in a few seconds."
        raise Problem("storage-unavailable", detail, headers={"retry-after": "2"}) from error


def typed(item: dict[str, Any]) -> dict[str, Any]:
    """Python values as DynamoDB JSON; floats through their shortest decimal text."""
    return {
        name: _serialize(Decimal(repr(value)) if isinstance(value, float) else value) for name, value in item.items()
    }


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """DynamoDB JSON as Python values, numbers as int or float."""
    return {name: _number(_deserialize(value)) for name, value in item.items()}


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, list):
        return [_number(one) for one in value]
    return value
