"""Appends events to the ledger, together with the item of the function's own table that a label is about."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from contracts.datasets.ledger import Event, label_event
from lambda_src.common import aws, dynamodb

__all__ = ["label_event", "put_of", "transact"]

_CANCELED = "TransactionCanceledException"
# A cancelled transaction's reasons (DynamoDB's API reference, "TransactionCanceledException"), and those that pass.
_NO_ERROR, _CONDITION = "None", "ConditionalCheckFailed"
_PASSING = {
    "TransactionConflict": "TransactionConflictException",
    "ProvisionedThroughputExceeded": "ProvisionedThroughputExceededException",
    "ThrottlingError": "ThrottlingException",
}
_PAUSES = (0.0, 0.05, 0.2)


def put_of(event: Event, *, table: str) -> dict[str, Any]:
    """The event as a part of a transaction; written twice, it is there once."""
    return {"Put": {"TableName": table, "Item": dynamodb.item(event)}}


def transact(client: Any, parts: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Writes all parts or none. Returns None, or the item that did not meet the first part's condition ({}: none).

    botocore gives each call a token, with which its own retries are the same transaction. Raises ClientError; what
    passes has a code of `storage.PASSING`.
    """
    for last, pause in zip((False, False, True), _PAUSES, strict=True):
        time.sleep(pause)
        try:
            client.transact_write_items(TransactItems=list(parts))
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", []) if aws.error_code(error) == _CANCELED else []
            codes = [reason.get("Code", _NO_ERROR) for reason in reasons]
            if codes[:1] == [_CONDITION]:
                return dict(dynamodb.plain(reasons[0].get("Item", {})))
            blamed = {code for code in codes if code != _NO_ERROR}
            if not blamed or blamed - _PASSING.keys():
                raise
            if last:
                told = {"Code": _PASSING[min(blamed)], "Message": str(error)[:500]}
                raise ClientError({**error.response, "Error": told}, "TransactWriteItems") from error
        else:
            return None
    raise AssertionError("the last attempt returns or raises")
