"""Every DynamoDB client of a test process refuses what DynamoDB does by its own limits: moto looks at few of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from local_aws.server.dynamodb_limits import requests


@contextmanager
def limits_of_dynamodb() -> Iterator[None]:
    """Clients raise ValidationException as DynamoDB would. Which keys a table has is known from its creation."""
    called = BaseClient._make_api_call
    tables: dict[str, list[tuple[str, str]]] = {}

    def held(self: Any, operation: str, given: dict[str, Any]) -> Any:
        if self.meta.service_model.service_name != "dynamodb":
            return called(self, operation, given)
        if operation == "CreateTable":
            indexes = given.get("GlobalSecondaryIndexes", [])
            tables[given["TableName"]] = [_pair(one["KeySchema"]) for one in (given, *indexes)]
        message = requests.refusal(operation, given, keys_of=lambda name: tables.get(name, []))
        if message:
            said = {"Error": {"Code": "ValidationException", "Message": message}}
            raise ClientError({**said, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation)
        return called(self, operation, given)

    with mock.patch.object(BaseClient, "_make_api_call", held):
        yield


def _pair(schema: list[dict[str, str]]) -> tuple[str, str]:
    kinds = {part["KeyType"]: part["AttributeName"] for part in schema}
    return kinds["HASH"], kinds.get("RANGE", "")
