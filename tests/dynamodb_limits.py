"""Makes each DynamoDB client of a test process refuse requests beyond DynamoDB's limits; moto checks only a few."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import LimitedSizeDict

from local_aws.dynamodb_limits import requests

Keys = list[tuple[str, str]]


@contextmanager
def limits_of_dynamodb() -> Iterator[None]:
    """Clients raise ValidationException as DynamoDB would. Which keys a table has is known from its creation."""
    called = BaseClient._make_api_call
    tables: dict[str, Keys] = {}

    def held(self: Any, operation: str, request: dict[str, Any]) -> Any:
        if self.meta.service_model.service_name != "dynamodb":
            return called(self, operation, request)
        if operation == "CreateTable":
            indexes = request.get("GlobalSecondaryIndexes", [])
            tables[request["TableName"]] = [_pair(one["KeySchema"]) for one in (request, *indexes)]
        message = requests.refusal(operation, request, keys_of=lambda name: tables.get(name, []))
        if message:
            error = {"Error": {"Code": "ValidationException", "Message": message}}
            raise ClientError({**error, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation)
        return called(self, operation, request)

    with mock.patch.object(BaseClient, "_make_api_call", held), _limits_of_results(lambda name: tables.get(name, [])):
        yield


class ValidationError(Exception):
    """A reason for which a transaction is cancelled: moto takes the reason's code from the class's name."""


@contextmanager
def _limits_of_results(keys_of: Callable[[str], Keys]) -> Iterator[None]:
    """moto looks at the item that an update would make, and takes it back where DynamoDB would not have made it."""
    update, transact = DynamoDBBackend.update_item, DynamoDBBackend.transact_write_items
    transacting = ContextVar("transacting", default=False)

    def updated(self: Any, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        table = self.get_table(table_name)
        hash_key, range_key = self.get_keys_value(table, key)
        before = copy.deepcopy(table.get_item(hash_key, range_key))
        item = update(self, table_name, key, *args, **kwargs)
        made = {name: value.to_regular_json() for name, value in item.attrs.items()}
        message = requests.refusal_of_result(made, keys_of(table_name))
        if not message:
            return item
        if before is None:
            table.delete_item(hash_key, range_key)
        else:
            table.put_item({name: value.to_regular_json() for name, value in before.attrs.items()})
        raise ValidationError(message) if transacting.get() else MockValidationException(message)

    def transacted(self: Any, *args: Any, **kwargs: Any) -> Any:
        token = transacting.set(True)
        try:
            return transact(self, *args, **kwargs)
        finally:
            transacting.reset(token)

    with (
        mock.patch.object(DynamoDBBackend, "update_item", updated),
        mock.patch.object(DynamoDBBackend, "transact_write_items", transacted),
        # moto's own limit differs: it adds an attribute's old size to its new one.
        mock.patch.object(LimitedSizeDict, "__setitem__", dict.__setitem__),
    ):
        yield


def _pair(schema: list[dict[str, str]]) -> tuple[str, str]:
    kinds = {part["KeyType"]: part["AttributeName"] for part in schema}
    return kinds["HASH"], kinds.get("RANGE", "")
