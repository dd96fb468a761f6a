"""Tests the request log on the local AWS, without a model: the Data stack's table, its writer and its readers."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from contracts.logs import request_log
from environments.settings import load
from lambda_src.classify.log_items import RequestFacts, build, labels_items
from lambda_src.classify.log_writer import LogWriter as Writer
from lambda_src.classify.response import Prediction
from lambda_src.request_log_api import listing, statistics
from lambda_src.request_log_api.dal import RequestLog
from lambda_src.request_log_api.slices import Reader
from local_aws_testing.server import Server
from local_aws_testing.stacks import ended
from stacks.data.request_log_table import RequestLogTable
from stacks.deployment import Deployment
from tests.clone import ROOT

NOW = datetime.now(UTC)
MINE = Reader(key_id="abcdefgh23", everything=False)
EVERYBODY = Reader(key_id="adminadmin", everything=True)
SHARDS = 64


def template() -> dict[str, Any]:
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "log", env=cdk.Environment(account="000000000000", region="us-east-1"))
    settings = load("dev", root=ROOT)
    assert settings.data.log_shards == SHARDS
    deployment = Deployment(settings=settings, root=ROOT, build_dir=Path("nowhere"))
    RequestLogTable(stack, "RequestLogTable", deployment=deployment, key=None)
    resources = app.synth().get_stack_by_name("log").template["Resources"]
    return {"Resources": {name: one for name, one in resources.items() if "DynamoDB" in one["Type"]}}


class Log:
    """The deployed table with some hundred texts of two callers on three days; `expected` is their one order."""

    def __init__(self, server: Server) -> None:
        cloudformation = server.client("cloudformation")
        cloudformation.create_stack(StackName="request-log", TemplateBody=json.dumps(template()))
        assert ended(server, "request-log")["StackStatus"] == "CREATE_COMPLETE"
        [table] = cloudformation.describe_stack_resources(StackName="request-log")["StackResources"]
        self.table = table["PhysicalResourceId"]
        self.dynamodb = server.client("dynamodb")
        self.reader = RequestLog(self.dynamodb, table=self.table, ledger_table="", shards=SHARDS, logger=None)
        self.expected: list[tuple[str, str, int]] = []
        self._fill()

    def _fill(self) -> None:
        writer = Writer(self.dynamodb, None, table=self.table, dlq_url="", shards=SHARDS, logger=None)
        made, texts = random.Random(3), []
        for number in range(40):
            ago = timedelta(days=made.choice([0, 0, 0, 1, 2]), seconds=made.choice([60, 61, 62]))
            key_id = made.choice([MINE.key_id, MINE.key_id, "somebodyel"])
            count = made.choice([1, 3, 20])
            facts = RequestFacts(
                request_id=f"r{number:02d}", key_id=key_id, received=NOW - ago, latency_ms=1.5, status=200,
                variant="champion", keep_days=30, shards=SHARDS,
            )  # fmt: skip
            label = "Health" if number % 10 == 0 else "Business"
            result = Prediction(label, (0.9, 0.1), ("Business", "Health"), "rubric-dev-1")
            items = build(facts, texts=[f"text {at}" for at in range(count)], results=[result] * count)
            assert writer.write(items, labels=labels_items([result], expires_at=items[0]["expires_at"])).failed == 0
            texts += [(items[0]["time"], facts.request_id, at, key_id) for at in range(count)]
        texts.sort(key=lambda text: (text[0], text[1], -text[2]), reverse=True)
        self.expected = [(key_id, request_id, at) for _, request_id, at, key_id in texts]

    def of(self, reader: Reader) -> list[tuple[str, int]]:
        return [(request_id, at) for key_id, request_id, at in self.expected if reader.may_see(key_id)]


@pytest.fixture(scope="module")
def log(server: Server) -> Iterator[Log]:
    made = Log(server)
    yield made
    server.client("cloudformation").delete_stack(StackName="request-log")


class OneKey:
    """The key that signs cursors."""

    def known(self) -> tuple[bytes, ...]:
        return (b"k" * 32,)

    reread = known


def walk(log: RequestLog, reader: Reader, **question: Any) -> Iterator[dict[str, Any]]:
    since = (NOW - timedelta(days=5)).isoformat()
    cursor = None
    while True:
        asked = listing.PageRequest(since=since, cursor=cursor, **question)
        page = listing.page(log, reader, asked, now=datetime.now(UTC), keep_days=30, keys=OneKey())
        yield from page["texts"]
        if (cursor := page["next_cursor"]) is None:
            return


@pytest.mark.parametrize("reader", [MINE, EVERYBODY], ids=["mine", "everybody"])
@pytest.mark.parametrize("limit", [37, 100])
def test_hundreds_of_texts_page_in_one_order(log: Log, reader: Reader, limit: int) -> None:
    results = list(walk(log.reader, reader, limit=limit))
    assert len(results) > 150
    assert [(text["request_id"], text["position"]) for text in results] == log.of(reader)
    assert all(text["text"] and text["labels"] for text in results), "what the index does not have comes from the table"


def test_a_filter_and_the_statistics_read_the_index_alone(log: Log) -> None:
    healthy = list(walk(log.reader, MINE, label="Health", limit=50))
    assert healthy and {text["label"] for text in healthy} == {"Health"}
    since = (NOW - timedelta(days=5)).isoformat()
    stats = statistics.stats(log.reader, MINE, since=since, now=datetime.now(UTC), keep_days=30)
    assert (stats["texts"], stats["complete"]) == (len(log.of(MINE)), True)
    assert stats["labels"]["Health"] == len(healthy)
    assert stats["mean_confidence"] == 0.9


def test_the_items_are_spread_and_the_indexes_hold_what_is_needed(log: Log) -> None:
    items = log.dynamodb.scan(TableName=log.table)["Items"]
    written = Counter(item[request_log.KEY_SHARD]["S"] for item in items if request_log.KEY_SHARD in item)
    assert {f"{MINE.key_id}#{shard}" for shard in range(SHARDS)} <= set(written)
    [counted] = [item for item in items if item["request_id"]["S"] == request_log.SHARDS_ID]
    assert counted["position"]["N"] == str(SHARDS)
    shard = max(written, key=lambda name: written[name])
    [result, *_] = log.dynamodb.query(
        TableName=log.table,
        IndexName=request_log.BY_KEY,
        KeyConditionExpression="key_shard = :shard",
        ExpressionAttributeValues={":shard": {"S": shard}},
    )["Items"]
    assert set(result) == {"request_id", "position", request_log.KEY_SHARD, request_log.PLACE, "label", "confidence"}
