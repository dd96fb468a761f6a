"""Tests `rubric parked`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from ops.deployment.cloud import Cloud
from ops.main import app
from ops.monitoring import parked_items
from tests.unit.ops.conftest import deployed


@pytest.fixture
def queues(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """URLs of the two queues, which the Api stack has."""
    sqs = boto3.client("sqs")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("waiting", "parked")}
    stacks = deployed()
    api = replace(stacks.by_part["Api"], outputs={"LogDeadLettersUrl": urls["waiting"], "LogParkedUrl": urls["parked"]})
    monkeypatch.setattr(Cloud, "stacks", replace(stacks, by_part={**stacks.by_part, "Api": api}))
    monkeypatch.setattr(parked_items, "_WAIT_SECONDS", 0)
    return urls


def park(url: str, body: str, reason: str | None = None) -> None:
    message: dict[str, Any] = {"reason": {"DataType": "String", "StringValue": reason}} if reason else {}
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody=body, MessageAttributes=message)


def ran(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["--env", "dev", "parked", *arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


BODY = json.dumps({"table": "t", "items": [{"request_id": {"S": ""}, "text": {"S": "a secret text"}}]})


def test_nothing(queues: dict[str, str]) -> None:
    assert "Nothing is parked" in ran()
    assert "Nothing is parked" in ran("--return")


def test_what_is_parked_is_shown_with_its_reason_and_stays(queues: dict[str, str]) -> None:
    park(queues["parked"], BODY, "An empty key")
    park(queues["parked"], BODY.replace("secret", "private"))
    park(queues["parked"], "no json", "it has no list of items")
    for _ in range(2):
        result = json.loads(ran("--json"))["messages"]
        assert sorted((one["items"], one["reason"]) for one in result if one["items"]) == [
            (1, "An empty key"),
            (1, parked_items.TOO_OFTEN),
        ]
        assert [one["reason"] for one in result if one["items"] is None] == ["it has no list of items"]
    shown = ran()
    assert "An empty key" in shown and "a secret text" not in shown


@pytest.mark.parametrize("body", ["[" * 100_000, '{"items": [' + "9" * 5_000 + "]}", '{"items": "abc"}'], ids=[0, 1, 2])
def test_whatever_is_parked_is_shown(queues: dict[str, str], body: str) -> None:
    park(queues["parked"], body, "it is nested too deeply")
    park(queues["parked"], BODY)
    assert {one["items"] for one in json.loads(ran("--json"))["messages"]} == {None, 1}


def test_what_is_returned_is_in_the_other_queue_as_it_was(queues: dict[str, str]) -> None:
    for number in range(23):
        park(queues["parked"], BODY.replace("secret", f"secret {number}"), "An empty key")
    assert json.loads(ran("--return", "--json")) == {"returned": 23}
    sqs = boto3.client("sqs")
    bodies = set()
    while messages := sqs.receive_message(QueueUrl=queues["waiting"], MaxNumberOfMessages=10).get("Messages"):
        bodies |= {message["Body"] for message in messages}
    assert bodies == {BODY.replace("secret", f"secret {number}") for number in range(23)}
    assert json.loads(ran("--json")) == {"messages": []}


def test_one_message_is_discarded_and_the_others_stay(queues: dict[str, str]) -> None:
    park(queues["parked"], BODY, "An empty key")
    park(queues["parked"], "no json", "it has no list of items")
    [foreign] = [one for one in json.loads(ran("--json"))["messages"] if one["items"] is None]
    assert "is deleted" in ran("--discard", foreign["message_id"][:12], "--yes")
    assert [one["items"] for one in json.loads(ran("--json"))["messages"]] == [1]


@pytest.mark.parametrize("arguments", [("--discard", "zzz", "--yes"), ("--discard", "", "--yes"), ("--discard", "0")])
def test_nothing_is_discarded_that_was_not_named_and_confirmed(
    queues: dict[str, str], arguments: tuple[str, ...]
) -> None:
    for name in ("secret", "private"):
        park(queues["parked"], BODY.replace("secret", name))
    result = CliRunner().invoke(app, ["--env", "dev", "parked", *arguments])
    assert result.exit_code != 0 or arguments[1] == ""
    assert len(json.loads(ran("--json"))["messages"]) == 2


def test_what_is_refused_again_at_once_is_returned_once(queues: dict[str, str]) -> None:
    sqs = boto3.client("sqs")

    class Refusing:
        """Each sent message is parked again before the next is read, as in a quick redrive."""

        def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:
            assert QueueUrl == queues["waiting"]
            park(queues["parked"], MessageBody, "An empty key")

        def __getattr__(self, name: str) -> Any:
            return getattr(sqs, name)

    for number in range(12):
        park(queues["parked"], BODY.replace("secret", f"secret {number}"))
    assert parked_items.put_back(Refusing(), url=queues["parked"], to=queues["waiting"]) == 12
    assert [one.reason for one in parked_items.look(sqs, url=queues["parked"])] == ["An empty key"] * 12


def test_what_was_parked_twice_is_one_message(queues: dict[str, str]) -> None:
    """The function that parks died before it could report it, and parked the item once more."""
    for body in (BODY, "no json", BODY, BODY):
        park(queues["parked"], body, "An empty key")
    [one, _] = sorted(json.loads(ran("--json"))["messages"], key=lambda one: one["items"] is None)
    assert "is deleted" in ran("--discard", one["message_id"], "--yes")
    assert [one["items"] for one in json.loads(ran("--json"))["messages"]] == [None]
    park(queues["parked"], "no json", "An empty key")
    assert json.loads(ran("--return", "--json")) == {"returned": 1}
    assert json.loads(ran("--json")) == {"messages": []}
