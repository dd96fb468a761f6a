"""Tests tests/dynamodb_limits.py: the tests' DynamoDB has the limits of the local AWS, which are AWS's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local_aws_testing.dynamodb_cases import CHECKS, Check
from local_aws_testing.dynamodb_cases import make_table as make_indexed
from tests.dynamodb_limits import limits_of_dynamodb
from tests.tables import make_table


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws(), limits_of_dynamodb():
        yield boto3.client("dynamodb")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_tests_own_dynamodb_looks_at_the_item_that_a_write_would_make(check: Check, client: Any) -> None:
    make_indexed(client, "indexed")
    check(client, "indexed")


def test_the_tests_own_dynamodb_refuses_it(client: Any) -> None:
    make_table(client, "t", id="S")
    client.put_item(TableName="t", Item={"id": {"S": "k" * 2048}})
    with pytest.raises(ClientError, match="ValidationException"):
        client.put_item(TableName="t", Item={"id": {"S": "k" * 2049}})
    with pytest.raises(ClientError, match="ValidationException"):
        client.get_item(TableName="t", Key={"id": {"S": ""}})
