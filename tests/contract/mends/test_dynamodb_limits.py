"""The local AWS's DynamoDB looks at the item that a write would make, as the tests' own does."""

from __future__ import annotations

import pytest

from tests.contract.mends.local_server import Server
from tests.dynamodb_cases import CHECKS, Check, make_table


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_what_a_write_would_make_is_held_to_the_limits(check: Check, server: Server) -> None:
    client = server.client("dynamodb")
    make_table(client, check.__name__)
    check(client, check.__name__)
    client.delete_table(TableName=check.__name__)
