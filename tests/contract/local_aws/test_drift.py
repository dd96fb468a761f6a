"""Tests drift looks on the local AWS, without a model: the Data stack's table, its index, and conditional writes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.deployment import buckets
from contracts.logs import drift_report
from lambda_src.classify.log_items import RequestFacts, build, labels_items
from lambda_src.classify.log_writer import LogWriter
from lambda_src.classify.response import Prediction
from lambda_src.common import dynamodb
from lambda_src.drift import log, look, report, store
from lambda_src.drift.look import LookResult
from lambda_src.redrive import dal as redrive_dal
from lambda_src.redrive import late
from local_aws_testing.server import Server
from local_aws_testing.stacks import ended
from tests.contract.local_aws.test_request_log import SHARDS, template
from tests.unit.lambda_src.drift.references import LABELS, drawn

VERSION = "rubric-dev-1"
BUCKET = "drift-artifacts"
NOW = datetime.now(UTC)
PROMISE: Any = {"alpha": 0.001, "tolerance": 0.02}


class Deployed:
    """The table and a bucket with a reference."""

    def __init__(self, server: Server) -> None:
        cloudformation = server.client("cloudformation")
        cloudformation.create_stack(StackName="drift-log", TemplateBody=json.dumps(template()))
        assert ended(server, "drift-log")["StackStatus"] == "CREATE_COMPLETE"
        [table] = cloudformation.describe_stack_resources(StackName="drift-log")["StackResources"]
        self.table = table["PhysicalResourceId"]
        self.dynamodb, self.s3 = server.client("dynamodb"), server.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        reference = json.dumps({**drawn(1_000, random.Random(1)), "model_version": VERSION}).encode()
        self.s3.put_object(Bucket=BUCKET, Key=buckets.baseline(VERSION), Body=reference)
        self.log = log.Log(self.dynamodb, table=self.table, shards=1)
        self.store = store.Store(self.s3, bucket=BUCKET)
        self.chance = random.Random(7)

    def items(self, request_id: str, count: int, *, ago: timedelta, label: str = "") -> list[Any]:
        facts = RequestFacts(
            request_id=request_id, key_id="abcdefgh23", received=NOW - ago, latency_ms=1.5, status=200,
            variant="champion", keep_days=30, shards=SHARDS, backend="sagemaker",
        )  # fmt: skip
        labels = [label or self.chance.choice(LABELS) for _ in range(count)]
        results = [Prediction(each, (0.7, 0.1, 0.1, 0.1), LABELS, VERSION) for each in labels]
        items = build(facts, texts=[f"Text {request_id} {at}" for at in range(count)], results=results)
        writer = LogWriter(self.dynamodb, None, table=self.table, dlq_url="", shards=SHARDS, logger=None)
        assert writer.write([], labels=labels_items(results, expires_at=items[0]["expires_at"])).failed == 0
        return list(items)

    def logs(self, request_id: str, count: int, *, ago: timedelta, label: str = "") -> None:
        items = self.items(request_id, count, ago=ago, label=label)
        writer = LogWriter(self.dynamodb, None, table=self.table, dlq_url="", shards=SHARDS, logger=None)
        assert writer.write(items, labels=[]).failed == 0

    def redrives(self, items: list[Any], *, now: datetime) -> None:
        table = redrive_dal.Table(self.dynamodb, name=self.table)
        for stored in map(dynamodb.item, items):
            table.add(late.marked(stored))
            arrival = late.arrival(stored, now=now)
            assert arrival is not None
            table.add(arrival)

    def look(self, *, now: datetime = NOW) -> look.Look:
        settle = timedelta(seconds=30)
        return look.Look(self.log, self.store, promise=PROMISE, keep_days=1, settle=settle, now=lambda: now)

    def looks(self, *, now: datetime = NOW) -> tuple[LookResult, Any]:
        looking = self.look(now=now)
        result = looking.run(has_time=lambda: True)
        looking.reported()
        document = report.build(looking.models[VERSION], written="", until=result.until, behind=result.behind)
        return result, report.explained(document, looking.models[VERSION], self.log)


@pytest.fixture(scope="module")
def deployed(server: Server) -> Iterator[Deployed]:
    made = Deployed(server)
    yield made
    server.client("cloudformation").delete_stack(StackName="drift-log")


def test_what_is_logged_is_counted_once_late_texts_included(deployed: Deployed) -> None:
    texts = 0
    for number in range(40):
        count = deployed.chance.choice([1, 3, 20])
        deployed.logs(f"r{number:02d}", count, ago=timedelta(minutes=20 * number + 1), label="arts")
        texts += count
    result, found = deployed.looks()
    assert (result.ended, result.texts, found["counted"]["requests"]) == (drift_report.DONE, texts, 40)
    assert found["accuracy_reason"].startswith("Fewer than 50 ")
    deployed.redrives(deployed.items("late", 5, ago=timedelta(hours=3)), now=NOW + timedelta(minutes=1))
    result, found = deployed.looks(now=NOW + timedelta(minutes=5))
    assert (result.texts, found["counted"]["texts"], found["counted"]["late"]) == (5, texts + 5, 5)
    assert deployed.looks(now=NOW + timedelta(minutes=10))[0].texts == 0


def test_of_two_looks_at_once_one_gives_up(deployed: Deployed) -> None:
    deployed.logs("both", 3, ago=timedelta(seconds=40))
    now = NOW + timedelta(minutes=20)
    first, second = deployed.look(now=now), deployed.look(now=now)
    assert first.run(has_time=lambda: True).ended == drift_report.DONE
    assert second.run(has_time=lambda: True).ended == drift_report.OVERTAKEN
    first.reported()


def test_a_state_that_was_deleted_meanwhile_is_not_written_over(deployed: Deployed) -> None:
    looking = deployed.look(now=NOW + timedelta(minutes=30))
    deployed.s3.delete_object(Bucket=BUCKET, Key=buckets.DRIFT_STATE)
    with pytest.raises(store.OvertakenError):
        looking.reported()
    assert deployed.look().models == {}
