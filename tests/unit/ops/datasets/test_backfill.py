"""What was stored before there was a ledger becomes the events that the functions write, once."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from contracts.datasets import ledger
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack
from tests.tables import make_table
from tests.unit.ops.conftest import run
from tests.unit.ops.datasets.world import World

AT = "2026-11-20T10:00:00.000Z"
EXAMPLE: dict[str, Any] = {"example_id": "e1", "text_id": ledger.row_of("A text"), "text": "A text", "label": "Health"}
LOGGED: dict[str, Any] = {
    "request_id": "r1",
    "position": 0,
    "key_id": "b" * 10,
    "label": "Health",
    "model_version": "m",
}
GIVEN = {"feedback_label": "Business", "feedback_time": AT}


def item(values: dict[str, Any]) -> dict[str, Any]:
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in values.items()}


@pytest.fixture
def world(cloud: Cloud, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    made.outputs |= {"ExamplesTableName": "examples", "RequestLogTableName": "requests"}
    stacks = made.stacks()
    assert isinstance(stacks.by_part["Data"], Stack)
    monkeypatch.setattr(Cloud, "stacks", stacks)
    dynamodb = boto3.client("dynamodb")
    make_table(dynamodb, "examples", example_id="S")
    make_table(dynamodb, "requests", request_id="S", position="N")
    examples: list[dict[str, Any]] = [{**EXAMPLE, "key_id": "a" * 10, "time": AT}, {"example_id": "e", "label": "x"}]
    for values in examples:
        dynamodb.put_item(TableName="examples", Item=item(values))
    dynamodb.put_item(TableName="keys", Item=item({"key_id": "a" * 10}) | {"trusted": {"BOOL": True}})
    for values in [
        {**LOGGED, **GIVEN, "text": "Another text"},
        {**LOGGED, **GIVEN, "request_id": "r2"},
        {**LOGGED, "request_id": "r3", "text": "No feedback"},
    ]:
        dynamodb.put_item(TableName="requests", Item=item(values))
    return made


def test_what_was_stored_becomes_events_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("data", "backfill") == 0
    assert "3 labels were added to the ledger" in capsys.readouterr().err
    found = sorted(world.table.events(), key=lambda event: (event["source"], event.get("request_id", "")))
    assert [(one["source"], one.get("text"), one["label"], one["trusted"]) for one in found] == [
        ("example", "A text", "Health", True),
        ("feedback", "Another text", "Business", False),
        ("feedback", None, "Business", False),
    ]
    # The ids are those of lambda_src/examples/logic.py and lambda_src/request_log_api/feedback.py.
    assert found[0]["event_id"] == ledger.event_id("example", "e1", AT)
    assert found[1]["event_id"] == ledger.event_id("feedback", "r1", "0", "Business", AT)
    assert found[2]["row_id"] == ledger.row_without_text("r2", 0)
    assert run("data", "backfill") == 0
    assert "0 labels were added" in capsys.readouterr().err
