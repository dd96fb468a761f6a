"""The request log for its readers: a table written as the classify function writes it, and the routes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import boto3
import fastjsonschema

from contracts.logs import request_log
from lambda_src.classify.log_items import RequestFacts, build, labels_items
from lambda_src.classify.log_writer import LogWriter as ClassifyLog
from lambda_src.classify.response import Prediction
from lambda_src.common import dynamodb
from lambda_src.common.api import contract
from lambda_src.request_log_api import handler as records
from tests.tables import make_table

LABELS = ("Business", "Entertainment", "Health", "Science")
NOW = datetime.now(UTC)
SHARDS = 4
SIGNING_KEY = "k" * 43


def prediction(label, confidence=0.91):
    rest = (1 - confidence) / 3
    return Prediction(label, tuple(confidence if one == label else rest for one in LABELS), LABELS, "rubric-dev-1")


class World:
    """The log's table, written as the classify function writes it."""

    def __init__(self, logger):
        self.dynamodb = boto3.client("dynamodb")
        names = {"request_id": "S", "position": "N", "place": "S"}
        names |= dict.fromkeys(request_log.PARTITIONS.values(), "S")
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(request_log.INCLUDED)}

        def keys(first, second):
            return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]

        self.dynamodb.create_table(
            TableName="requests",
            KeySchema=keys("request_id", "position"),
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in names.items()],
            GlobalSecondaryIndexes=[
                {"IndexName": name, "KeySchema": keys(part, request_log.PLACE), "Projection": projection}
                for name, part in request_log.PARTITIONS.items()
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        make_table(self.dynamodb, "ledger", row_id="S", event_id="S")
        make_table(self.dynamodb, "erased", erased_id="S")
        self.log = self.writer(SHARDS, logger)

    def writer(self, shards, logger):
        return ClassifyLog(self.dynamodb, None, table="requests", dlq_url="", shards=shards, logger=logger)

    def logs(
        self,
        request_id,
        *results,
        key_id="abcdefgh23",
        ago=timedelta(minutes=1),
        failed=0,
        shards=SHARDS,
        log=None,
        threshold=None,
        with_labels=True,
        variants=(),
    ):
        facts = RequestFacts(
            request_id=request_id,
            key_id=key_id,
            received=NOW - ago,
            latency_ms=12.4,
            status=503 if failed else 200,
            variant="champion",
            keep_days=30,
            shards=shards,
            threshold=threshold,
            variants=variants,
        )
        texts = [f"text {position}" for position in range(failed or len(results))]
        items = build(facts, texts=texts, results=results or None)
        labels = labels_items(results, expires_at=items[0]["expires_at"])
        (log or self.log).write(items, labels=labels if with_labels else ())

    def log_api(self):
        """The table as the routes write it."""
        return records._records()

    def events(self):
        """The ledger's events, as Python values, oldest first."""
        items = self.dynamodb.scan(TableName="ledger")["Items"]
        return sorted(map(dynamodb.plain, items), key=lambda event: event["time"])

    def erases(self, erased_id):
        item = {"erased_id": erased_id, "erased_at": "2026-01-01T00:00:00.000Z", "expires_at": 9_999_999_999}
        self.dynamodb.put_item(TableName="erased", Item=dynamodb.item(item))

    def item(self, request_id, position=0):
        key = {"request_id": {"S": request_id}, "position": {"N": str(position)}}
        return self.dynamodb.get_item(TableName="requests", Key=key)["Item"]


def make_world(configure, logger, *, shards=SHARDS):
    """The table, the secret that signs cursors, and the request log's API set to this number of shards."""
    secret = boto3.client("secretsmanager").create_secret(Name="cursors", SecretString=SIGNING_KEY)["ARN"]
    log = {"REQUEST_LOG_TABLE": "requests", "REQUEST_LOG_DAYS": "30", "REQUEST_LOG_SHARDS": str(shards)}
    log |= {"LEDGER_TABLE": "ledger", "EXAMPLE_DAYS": "365", "ERASED_TABLE": "erased"}
    configure(records, CURSOR_SECRET=secret, **log)
    return World(logger)


def make_call(load_event, context):
    """Asks the request log's API and checks the answer against the contract."""

    def ask(
        method,
        path,
        *,
        body=None,
        key="abcdefgh23",
        scopes="feedback read",
        status=200,
        schema=None,
        trusted="",
        **query,
    ):
        event = load_event("default")
        event["rawPath"] = path
        event["rawQueryString"] = urlencode(query)
        event["requestContext"]["http"]["method"] = method
        caller = {"verdict": "ok", "key_id": key, "scopes": scopes, "trusted": trusted}
        event["requestContext"]["authorizer"] = {"lambda": caller}
        if body is not None:
            event["headers"]["content-type"] = "application/json"
            event["body"] = json.dumps(body)
        response = records.handler(event, context)
        document = json.loads(response["body"])
        assert response["statusCode"] == status, document
        assert response["headers"]["x-request-id"] == "JKJaXmPLvHcESHA="
        fits("Problem" if status >= 400 else schema, document)
        return document

    return ask


def fits(schema, document):
    root = {"$ref": f"#/components/schemas/{schema}", "components": contract.document()["components"]}
    fastjsonschema.compile(root)(document)


def walk(call, **query):
    """Every text of a list, page by page, as (request_id, position)."""
    options = {name: query.pop(name) for name in ("scopes", "key") if name in query}
    found, pages, cursor = [], 0, None
    while True:
        document = call("GET", "/v1/requests", schema="RequestPage", **options,
                        **query, **({"cursor": cursor} if cursor else {}))  # fmt: skip
        found += [(text["request_id"], text["position"]) for text in document["texts"]]
        pages, cursor = pages + 1, document["next_cursor"]
        if cursor is None:
            return found, pages
