"""The local AWS's DynamoDB checks the item that a write would make, like the DynamoDB of the tests."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.dynamodb_cases import CHECKS, Check, make_table
from local_aws_testing.server import Server


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_what_a_write_would_make_is_held_to_the_limits(check: Check, server: Server) -> None:
    client = server.client("dynamodb")
    make_table(client, check.__name__)
    check(client, check.__name__)
    client.delete_table(TableName=check.__name__)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("execute_statement", {"Statement": 'SELECT * FROM "partiql"'}),
        ("execute_statement", {"Statement": "INSERT INTO \"partiql\" VALUE {'id': 'a'}"}),
        ("batch_execute_statement", {"Statements": [{"Statement": "INSERT INTO \"partiql\" VALUE {'id': 'a'}"}]}),
        ("execute_transaction", {"TransactStatements": [{"Statement": "INSERT INTO \"partiql\" VALUE {'id': 'a'}"}]}),
    ],
)
def test_partiql_which_would_write_around_the_limits_is_refused(operation: str, request_: dict, server: Server) -> None:
    client = server.client("dynamodb")
    with pytest.raises(ClientError, match=r"ValidationException.*runs no PartiQL") as caught:
        getattr(client, operation)(**request_)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
