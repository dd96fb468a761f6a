"""Key rotation, idempotency keys and the redrive with one thing going wrong before any of their calls.

The table is moto's; the functions run side by side as those of promotions do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambda_src.common import http, idempotency
from lambda_src.common.problems import Problem
from lambda_src.redrive import dal
from ops import key_text, keys
from tests.tables import make_table
from tests.unit.interleavings.engine import Call, Client, Clock, Function, lost

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


def asking(number: int) -> dict[str, Any]:
    return {
        "headers": {"idempotency-key": "k"},
        "body": "{}",
        "rawPath": "/v1/classify",
        "requestContext": {"requestId": f"request-{number}", "http": {"method": "POST", "path": "/v1/classify"}},
    }


@pytest.mark.parametrize("goes_wrong", WHAT_GOES_WRONG)
@pytest.mark.parametrize("at", range(3))
def test_what_was_answered_is_answered_again(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch, at: int, goes_wrong: str
) -> None:
    make_table(dynamodb, "answers", answer_id="S")
    clock, logger = Clock(), SimpleNamespace(exception=lambda *_: None, warning=lambda *_, **__: None)
    monkeypatch.setattr(idempotency, "time", clock)
    store = idempotency.Answers(Client("dynamodb", direct=lambda call: None), table="answers", logger=logger)
    runs: list[int] = []

    def ask(number: int) -> Any:
        event = asking(number)

        def work() -> Any:
            runs.append(number)
            return http.json_response(event, status=200, document={"run": len(runs)})

        return json.loads(idempotency.once(event, work, key_id="me", answers=lambda: store)["body"])["run"]

    first = run(lambda: ask(1), dynamodb, at=at, goes_wrong=goes_wrong)
    again = run(lambda: ask(2), dynamodb, at=-1, goes_wrong="")
    if goes_wrong in ("nothing", "lost") or at >= 2:
        assert (first.result, again.result, runs) == (1, 1, [1])
    if isinstance(again.error, Problem):  # whoever began is gone, or could not keep its answer
        assert again.error.slug == "idempotency-in-progress"
        clock.now += 61
        assert run(lambda: ask(3), dynamodb, at=-1, goes_wrong="").error is None


@pytest.mark.parametrize("goes_wrong", WHAT_GOES_WRONG)
@pytest.mark.parametrize("at", range(3))
def test_what_is_delivered_again_is_written_once_and_loses_nothing(dynamodb: Any, at: int, goes_wrong: str) -> None:
    make_table(dynamodb, "log", request_id="S", position="N")
    items = [
        {"request_id": {"S": "r"}, "position": {"N": str(number)}, "label": {"S": "Health"}} for number in range(2)
    ]
    table = dal.Table(Client("dynamodb", direct=lambda call: None), name="log")

    def deliver() -> None:
        for item in items:
            table.add(item)

    first = run(deliver, dynamodb, at=at, goes_wrong=goes_wrong)
    dynamodb.update_item(  # feedback that comes in between
        TableName="log",
        Key={name: items[0][name] for name in ("request_id", "position")},
        UpdateExpression="SET feedback = :f",
        ExpressionAttributeValues={":f": {"S": "Sport"}},
    )
    if first.error is not None:  # SQS delivers it again
        assert run(deliver, dynamodb, at=-1, goes_wrong="").error is None
    stored = sorted(dynamodb.scan(TableName="log")["Items"], key=lambda item: item["position"]["N"])
    assert stored == [{**items[0], "feedback": {"S": "Sport"}}, items[1]]
