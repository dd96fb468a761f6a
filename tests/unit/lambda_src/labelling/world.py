"""The request log and the ledger as labelling sees them, and its routes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import cast
from urllib.parse import urlencode

from contracts.logs import audit
from contracts.logs.request_log import Item
from lambda_src.classify.log_items import RequestFacts, build, labels_items, sample_items
from lambda_src.classify.response import Prediction
from lambda_src.common import dynamodb
from lambda_src.labelling import handler
from tests.unit.lambda_src.request_log_api.world import LABELS, NOW, SHARDS, World, fits

VARIABLES = {
    "REQUEST_LOG_TABLE": "requests",
    "REQUEST_LOG_DAYS": "30",
    "REQUEST_LOG_SHARDS": str(SHARDS),
    "REQUEST_LOG_TEXT": "store",
    "LABELLING_DAYS": "7",
    "SHARED_SHARE": "0.2",
    "LEDGER_TABLE": "ledger",
    "EXAMPLE_DAYS": "365",
    "ERASED_TABLE": "erased",
    "ARTIFACT_BUCKET": "artifacts",
}


def answer(label, confidence=0.91, version="rubric-dev-1"):
    rest = (1 - confidence) / 3
    return Prediction(label, tuple(confidence if one == label else rest for one in LABELS), LABELS, version)


class LabellingWorld(World):
    """Texts in the log, with their places in the audit sample."""

    def asked(self, request_id, *texts, audited=True, ago=timedelta(minutes=1), keep_text="store", waiting=False):
        """Logs (text, prediction) as the classify function does; all of them or none belong to the sample.

        waiting: the sample's items wait to be redriven.
        """
        facts = RequestFacts(
            request_id=request_id,
            key_id="somebodyel",
            received=NOW - ago,
            latency_ms=12.4,
            status=200,
            variant="champion",
            keep_days=30,
            shards=SHARDS,
            keep_text=keep_text,
            audit_share=1.0 if audited else 0.0,
        )
        results = [prediction for _, prediction in texts]
        items = build(facts, texts=[text for text, _ in texts], results=results)
        labels = labels_items(results, expires_at=items[0]["expires_at"])
        self.log.write([*items, *([] if waiting else sample_items(items))], labels=labels)

    def sampled(self, request_id, position=0):
        """The item of the sample for a text, as Python values."""
        key = audit.key_of(cast(Item, dynamodb.plain(self.item(request_id, position))))
        found = self.dynamodb.get_item(TableName="requests", Key=dynamodb.item(key))
        return dynamodb.plain(found["Item"])


def make_world(configure, logger, **variables):
    configure(handler, **{**VARIABLES, **variables})
    return LabellingWorld(logger)


def make_call(load_event, context):
    """Asks the labelling function and checks the answer against the contract."""

    def ask(method, path, *, body=None, key="abcdefgh23", scopes="label", status=200, schema=None, trusted="", **query):
        event = load_event("default")
        event |= {"rawPath": path, "rawQueryString": urlencode(query)}
        event["requestContext"]["http"]["method"] = method
        verdict = {"verdict": "ok", "key_id": key, "scopes": scopes, "trusted": trusted}
        event["requestContext"]["authorizer"] = {"lambda": verdict}
        if body is not None:
            event["headers"]["content-type"] = "application/json"
            event["body"] = json.dumps(body)
        response = handler.handler(event, context)
        document = json.loads(response["body"])
        assert response["statusCode"] == status, document
        fits("Problem" if status >= 400 else schema, document)
        return document

    return ask
