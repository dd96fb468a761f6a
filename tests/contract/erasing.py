"""Everything that an environment stores, for the tests of rubric erase: in moto, written by the functions' own code."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from contracts.logs import request_log
from contracts.texts import text_normalization
from lambda_src.classify.log_items import RequestFacts, build, labels_items
from lambda_src.classify.log_writer import LogWriter as ClassifyLog
from lambda_src.classify.response import Prediction
from lambda_src.common import dynamodb
from lambda_src.common.erased import Erased, ErasedTexts
from lambda_src.examples import logic as examples
from lambda_src.examples.dal import Examples
from lambda_src.examples.request_body import Example
from lambda_src.redrive import dal as redrive_dal
from lambda_src.redrive import logic as redrive
from ops.deployment.cloud import Cloud
from tests.tables import make_ledger, make_table
from tests.unit.lambda_src.conftest import FakeLogger
from tests.unit.ops.conftest import BUCKET, SESSION, aws, cloud, register, sfn  # noqa: F401 (fixtures)
from tests.unit.ops.conftest import run as rubric

LABELS = ("A", "B")
PREDICTION = Prediction("A", (0.9, 0.1), LABELS, "m")
HERS, OTHERS = "aaaaaaaaaa", "bbbbbbbbbb"
SECRET = "Mary Smith, ill"
OLD = datetime.now(UTC) - timedelta(minutes=10)


def labels(items: list[Any]) -> list[Any]:
    return labels_items([PREDICTION], expires_at=items[0]["expires_at"])


@cache
def client(service: str) -> Any:
    """One client of a service for all tests: making one takes longer than most of them."""
    return SESSION.client(service)


class World:
    """All that an environment stores, in moto, written by the functions' own code."""

    def __init__(self, patch: pytest.MonkeyPatch, of: Cloud) -> None:
        patch.setattr(Cloud, "client", lambda _, name: client(name))
        self.dynamodb, self.s3, self.sqs = client("dynamodb"), client("s3"), client("sqs")
        self.logger = FakeLogger()
        self.s3.create_bucket(Bucket="datasets")
        for bucket in (BUCKET, "datasets"):
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for name, key in (("answers", "answer_id"), ("examples", "example_id"), ("erased", "erased_id")):
            make_table(self.dynamodb, name, **{key: "S"})
        self.make_log()
        self.make_ledger()
        self.queue, self.parked = (self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "parked"))
        data = {"RequestLogTableName": "requests", "AnswersTableName": "answers", "ExamplesTableName": "examples"}
        data |= {"LedgerTableName": "ledger", "ErasureKeyArn": self.erasure_key()}
        for name, value in {**data, "ErasedTableName": "erased", "DatasetBucketName": "datasets"}.items():
            patch.setitem(of.stacks.by_part["Data"].outputs, name, value)
        patch.setitem(of.stacks.by_part["Api"].outputs, "LogDeadLettersUrl", self.queue)
        patch.setattr("ops.erase.queues._WAIT_SECONDS", 0)
        patch.setattr("ops.erase.erasure.SETTLING_SECONDS", 0)

    def make_log(self) -> None:
        names = {"request_id": "S", "position": "N", "place": "S"}
        names |= dict.fromkeys(request_log.PARTITIONS.values(), "S")

        def keys(first: str, second: str) -> list[dict[str, str]]:
            return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]

        self.dynamodb.create_table(
            TableName="requests",
            KeySchema=keys("request_id", "position"),
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in names.items()],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": name,
                    "KeySchema": keys(part, request_log.PLACE),
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(request_log.INCLUDED)},
                }
                for name, part in request_log.PARTITIONS.items()
            ],
            BillingMode="PAY_PER_REQUEST",
        )

    def make_ledger(self) -> None:
        make_ledger(self.dynamodb, "ledger")

    def erasure_key(self) -> str:
        return str(client("secretsmanager").create_secret(Name="erasure", SecretString="k" * 64)["ARN"])

    def events(self) -> list[dict[str, Any]]:
        """The ledger's items, as Python values."""
        return [dynamodb.plain(item) for item in self.dynamodb.scan(TableName="ledger")["Items"]]

    def log(self, *, table: str = "requests") -> ClassifyLog:
        return ClassifyLog(self.dynamodb, self.sqs, table=table, dlq_url=self.queue, shards=8, logger=self.logger)

    def items(self, request: str, *texts: str, key: str, at: datetime = OLD, keep: str = "store") -> list[Any]:
        facts = RequestFacts(
            request_id=request, key_id=key, received=at, latency_ms=1.0, status=200, variant="v",
            keep_days=30, shards=8, keep_text=keep,
        )  # fmt: skip
        return build(facts, texts=texts, results=[PREDICTION] * len(texts))

    def logged(self, request: str, *texts: str, **about: Any) -> None:
        items = self.items(request, *texts, **about)
        assert self.log().write(items, labels=labels(items)).failed == 0

    def queued(self, request: str, *texts: str, **about: Any) -> None:
        """As when the table does not answer."""
        items = self.items(request, *texts, **about)
        assert self.log(table="absent").write(items, labels=labels(items)).lost == 0

    def labels(self) -> list[list[str]]:
        """The labels that the request log holds."""
        items = self.dynamodb.scan(TableName="requests")["Items"]
        return [[label["S"] for label in item["labels"]["L"]] for item in items if "labels" in item]

    def example(self, text: str, *, key: str, now: datetime | None = None) -> dict[str, Any]:
        one = Example(text=text, label="A", text_id=text_normalization.text_id(text_normalization.normalised(text)))
        store = Examples(self.dynamodb, table="examples", ledger_table="ledger", logger=self.logger)
        gone = ErasedTexts(self.dynamodb, table="erased", logger=self.logger).among({text: one.text_id})
        caller = examples.Caller(key, trusted=True)
        return examples.keep(store, [one], erased=gone, caller=caller, now=now or datetime.now(UTC), keep_days=365)

    def answer(self, name: str, *, key: str, request: str) -> None:
        item = {"answer_id": name, "key_id": key, "request_id": request, "body": "x"}
        self.dynamodb.put_item(TableName="answers", Item={k: {"S": v} for k, v in item.items()})

    def redrive(self) -> redrive.RedriveResult:
        messages = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]
        table = redrive_dal.Table(self.dynamodb, name="requests")
        parking = redrive_dal.Parking(self.sqs, url=self.parked)
        known = Erased(self.dynamodb, table="erased")
        return redrive.Redrive(table=table, known=known, parking=parking, logger=self.logger).run(records)

    def requests(self) -> list[tuple[str, int]]:
        """The items of the request log, without those that hold labels."""
        result = [item for item in self.dynamodb.scan(TableName="requests")["Items"] if "labels" not in item]
        return sorted((one["request_id"]["S"], int(one["position"]["N"])) for one in result)

    def everything(self) -> str:
        """All that is stored anywhere, old versions included, as one text."""
        names = ("requests", "answers", "examples", "erased", "ledger")
        tables = [self.dynamodb.scan(TableName=name)["Items"] for name in names]
        results = [repr(tables)]
        for bucket in (BUCKET, "datasets"):
            for one in self.s3.list_object_versions(Bucket=bucket).get("Versions", []):
                body = self.s3.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"]
                results.append(body.read().decode())
        while messages := self.sqs.receive_message(QueueUrl=self.queue, VisibilityTimeout=60).get("Messages"):
            results += [one["Body"] for one in messages]
        return "\n".join(results)

    def put(self, bucket: str, key: str, body: str) -> None:
        self.s3.put_object(Bucket=bucket, Key=key, Body=body.encode())

    def read(self, bucket: str, key: str) -> str:
        return str(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def captured(*texts: str) -> str:
    value = {"data": json.dumps({"inputs": texts}), "encoding": "JSON"}
    return json.dumps({"captureData": {"endpointInput": value}}) + "\n"


def fill(world: World) -> None:
    """SECRET in every store, each time beside another person's data."""
    world.logged("hers", SECRET, "her second", key=HERS)
    world.logged("theirs", "another text", key=OTHERS)
    world.queued("waits", SECRET, key=HERS)
    world.queued("mixed", "of others", key=OTHERS)
    world.answer("a1", key=HERS, request="hers")
    world.answer("a2", key=OTHERS, request="theirs")
    world.example(SECRET, key=HERS, now=OLD)
    world.example("another example", key=OTHERS, now=OLD)
    world.put(BUCKET, "capture/e/v/1.jsonl", captured("kept") + captured("x", SECRET))
    world.put(BUCKET, "capture/e/v/2.jsonl", captured(SECRET))
    world.put(BUCKET, "batch/in/a.jsonl", f'{{"inputs": "{SECRET}"}}\n{{"inputs": "b"}}\n')
    world.put(BUCKET, "batch/staging/j/in/a.csv", f"{SECRET}\nb\n")
    world.put(BUCKET, "batch/out/a.jsonl.out", '{"predicted_label": "A"}\n')
    for number in range(3):
        world.put("datasets", "datasets/abc/news.csv", f'text,label\n"{SECRET}",A\nrow {number},B\n')
    mistakes = [{"text": SECRET}, {"text": "other"}]
    register("rubric-dev-1", evaluation={"accuracy": 0.9, "mistakes": mistakes})
    report = {"layout": 1, "explanation": {"typical": [{"text": SECRET}, {"text": "other"}]}}
    world.s3.put_object(Bucket=BUCKET, Key="drift/rubric-dev-1/report.json", Body=json.dumps(report).encode())
    world.s3.put_object(Bucket=BUCKET, Key="drift/state.json", Body=b'{"layout": 1}')


def erase(*arguments: str, capsys: Any) -> dict[str, Any]:
    capsys.readouterr()
    assert rubric("erase", *arguments, "--yes", "--json") == 0
    return dict(json.loads(capsys.readouterr().out))
