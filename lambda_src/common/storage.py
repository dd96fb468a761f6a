"""DynamoDB's failures as problems of the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.common import aws
from lambda_src.common.problems import Problem

PASSING = {"InternalServerError", "ServiceUnavailable", "InternalFailure", "LimitExceededException"}
PASSING |= {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
PASSING |= {"TransactionInProgressException", "TransactionConflictException"}

CONDITION_FAILED = "ConditionalCheckFailedException"


def make_client() -> Any:
    """A DynamoDB client whose waits stay far below the API's 29 s."""
    return aws.client("dynamodb", connect_timeout=1.0, read_timeout=3.0, attempts=3)


@contextmanager
def failures(logger: Any, *, doing: str) -> Iterator[None]:
    """Logs a temporary failure and raises Problem 503; our own faults (no permission) pass through unchanged."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and aws.error_code(error) not in PASSING:
            raise
        logger.error("the table failed", doing=doing, cause=str(error)[:500])
        detail = "The API's storage cannot be reached at the moment. Try again in a few seconds."
        raise Problem("storage-unavailable", detail, headers={"retry-after": "2"}) from error
