"""API keys that are made and rotated, with one thing going wrong before any of the calls. The table is moto's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ops import key_text, keys
from tests.tables import make_table
from tests.unit.interleavings.engine import Call, Client, Function, lost

WHAT_GOES_WRONG = ("nothing", "kill", "lost", "error")
Make = Callable[[Call], Any]


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield boto3.client("dynamodb")


def run(work: Callable[[], Any], dynamodb: Any, *, at: int, goes_wrong: str) -> Function:
    """Runs it to its end; what goes wrong comes before call number `at`."""

    def make(call: Call) -> Any:
        return getattr(dynamodb, call.operation)(**call.arguments)

    function, number = Function("function", work, started=0.0, limit=60.0), 0
    while not function.done and (call := function.pending) is not None:
        kind, number = (goes_wrong if number == at and call.service else "nothing"), number + 1
        if kind == "kill":
            function.kill()
            break
        if kind != "nothing":
            try:
                make(call)
            except Exception as error:  # noqa: BLE001 (it is lost as well)
                assert error
        function.fail(lost()) if kind == "error" else function.answer(make)
    return function


def works(record: dict[str, Any], text: str) -> bool:
    """Whether a key's text is the record's present or older one."""
    pairs = (("salt", "hash"), ("previous_salt", "previous_hash"))
    return any(
        salt in record and record[hashed]["S"] == key_text.hash_of(text, salt=record[salt]["S"])
        for salt, hashed in pairs
    )


@pytest.mark.parametrize("goes_wrong", WHAT_GOES_WRONG)
@pytest.mark.parametrize("at", range(2))
def test_a_key_that_is_told_works_and_the_older_one_does_meanwhile(dynamodb: Any, at: int, goes_wrong: str) -> None:
    make_table(dynamodb, "keys", key_id="S")
    old, info = keys.create(dynamodb, table="keys", name="n")
    client = Client("dynamodb", direct=lambda call: None)
    day = timedelta(days=1)
    rotated = run(
        lambda: keys.rotate(client, table="keys", key_id=info.key_id, grace=day), dynamodb, at=at, goes_wrong=goes_wrong
    )
    record = dynamodb.get_item(TableName="keys", Key={"key_id": {"S": info.key_id}})["Item"]
    assert works(record, old)
    assert (rotated.error is None) == (goes_wrong in ("nothing", "lost"))
    if rotated.error is None:
        assert works(record, rotated.result[0])
        assert rotated.result[1].previous_until


@pytest.mark.parametrize("goes_wrong", WHAT_GOES_WRONG)
def test_a_new_key_that_is_told_works(dynamodb: Any, goes_wrong: str) -> None:
    make_table(dynamodb, "keys", key_id="S")
    client = Client("dynamodb", direct=lambda call: None)
    made = run(lambda: keys.create(client, table="keys", name="n"), dynamodb, at=0, goes_wrong=goes_wrong)
    assert (made.error is None) == (goes_wrong in ("nothing", "lost"))
    if made.error is None:
        text, info = made.result
        assert works(dynamodb.get_item(TableName="keys", Key={"key_id": {"S": info.key_id}})["Item"], text)
