"""Features from a request log to a store and back, each on its real server: MiniStack's tables, and both stores."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger

from contracts.deployment import buckets
from contracts.features import asked, layout
from contracts.features.event import publisher_id
from contracts.features.values import time_text
from contracts.texts import text_normalization
from lambda_src.classify import features as reading
from lambda_src.classify.environment import ClassifySettings
from lambda_src.classify.features import Reading
from lambda_src.classify.log_items import RequestFacts, build, labels_items
from lambda_src.common import aws
from lambda_src.features import handler
from lambda_src.features.environment import FeaturesSettings
from local_aws_testing.server import Server, started
from tests.contract.features.running import Running
from tests.tables import make_ledger, make_table
from tests.unit.lambda_src.features.world import REGISTRY
from tests.unit.lambda_src.labelling.world import answer
from tests.unit.lambda_src.request_log_api.world import SHARDS, World

NOW = datetime.now(UTC)
TIMES = publisher_id("The Times")
RATES = text_normalization.text_id("Rates rise")
CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 900_000,
    function_name="features",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:features",
    aws_request_id="r",
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A log with three texts of one caller and publisher, and a label of one of them."""
    with started(tmp_path_factory.mktemp("local-aws")) as running:
        client = running.client("dynamodb")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(boto3, "client", lambda _: client)
            world = World(None)
        client.delete_table(TableName="ledger")
        make_ledger(client, "ledger")
        make_table(client, "online", **{layout.ENTITY_KEY: "S"})
        make_table(client, "history", **{layout.ENTITY_KEY: "S", layout.PLACE: "S"})
        running.client("s3").create_bucket(Bucket="artifacts")
        facts = RequestFacts(
            request_id="JKJaXmPLvHcESHA=", key_id="somebodyel", received=NOW - timedelta(minutes=5), latency_ms=1.0,
            status=200, variant="", keep_days=30, shards=SHARDS, publisher=TIMES,
        )  # fmt: skip
        results = [answer(label, 0.8) for label in ("Health", "Health", "Science")]
        items = build(facts, texts=["Rates rise", "Other", "Third"], results=results)
        assert world.log.write(items, labels=labels_items(results, expires_at=items[0]["expires_at"])).failed == 0
        yield running


@pytest.fixture(params=["dynamodb", "mongodb"])
def store(request: pytest.FixtureRequest, cloud: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The function's settings with each store, and an empty state."""
    monkeypatch.setattr(aws, "client", lambda service, **_: cloud.client(service))
    mongodb = {}
    if request.param == "mongodb":
        server: Running = request.getfixturevalue("server")
        name = cloud.client("secretsmanager").create_secret(Name="rubric/features", SecretString=server.documentdb)
        mongodb = {"mongodb_secret": name["ARN"], "mongodb_server": "documentdb"}
    settings = FeaturesSettings(
        environment="dev",
        request_log_table="requests",
        request_log_shards=SHARDS,
        ledger_table="ledger",
        artifact_bucket="artifacts",
        features_registry=REGISTRY.as_json(),
        feature_store=request.param,
        feature_days=365,
        features_online_table="online",
        features_history_table="history",
        **mongodb,
    )
    monkeypatch.setattr(handler, "_settings", lambda: settings)
    monkeypatch.setattr(handler.metrics.provider, "namespace", "Rubric")
    monkeypatch.setattr(handler.metrics.provider, "service", "rubric-test")
    for cached in (handler._store, handler._states, handler._registry):
        cached.cache_clear()
    cloud.client("s3").delete_object(Bucket="artifacts", Key=buckets.FEATURES_STATE)
    yield request.param
    handler._store.cache_clear()


def invoke(**event: Any) -> dict[str, Any]:
    return dict(handler.handler(event, CONTEXT))


class Invoked:
    """Lambda, for the function that classifies with MongoDB."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == "features"
        return {"Payload": io.BytesIO(json.dumps(invoke(**json.loads(Payload))).encode())}


def read_by_a_request(store: str, monkeypatch: pytest.MonkeyPatch, cloud: Server) -> list[dict[str, Any]] | None:
    clients: dict[str, Any] = {"lambda": Invoked()}
    monkeypatch.setattr(aws, "client", lambda service, **_: clients.get(service) or cloud.client(service))
    settings = ClassifySettings(
        request_log_table="requests", log_dlq_url="", request_log_days=30, request_log_shards=SHARDS,
        request_log_text="store", environment="dev", answers_table="answers", endpoint_name="endpoint",
        feature_store=store, features_online_table="online", features_registry=REGISTRY.as_json(),
        features_function="features", features_wait_ms=30_000,
    )  # fmt: skip
    reader = reading.make(settings, logger=Logger(service="test"))
    assert reader is not None
    return reader.take(reader.start(("RATES rise",), caller="somebodyel", publisher=TIMES), Reading())


def test_what_was_logged_is_computed_once_read_by_a_request_and_forgotten(
    store: str, cloud: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = invoke()
    assert (done["ended"], done["texts"], done["events"]) == ("done", 3, 2)
    assert invoke()["events"] == 0
    rows = [["caller", "somebodyel", time_text(NOW + timedelta(minutes=minutes))] for minutes in (60, -30)]
    assert [values.get("texts_30d") for values in invoke(action=asked.AS_OF, rows=rows, as_known=True)["values"]] == [
        3,
        None,
    ]
    [found] = read_by_a_request(store, monkeypatch, cloud) or [{}]
    assert found["caller.texts_30d"] == 3
    assert found["publisher.top_label_30d"] == "Health"
    assert found["publisher.mean_confidence_30d"] == 0.8
    summary = json.loads(cloud.client("s3").get_object(Bucket="artifacts", Key=buckets.FEATURES_SUMMARY)["Body"].read())
    assert summary["entities"]["publisher"]["most"][0]["texts_30d"] == 3
    assert invoke(action=asked.FORGET, ids={"caller": ["somebodyel"], "text": [RATES]})["deleted"] == 2
    left = invoke(action=asked.READ, ids={"caller": ["somebodyel"], "publisher": [TIMES]})["features"]
    assert not left["caller"].get("somebodyel")
    assert left["publisher"][TIMES]["texts_30d"] == 3
    assert "somebodyel" not in json.dumps(
        json.loads(cloud.client("s3").get_object(Bucket="artifacts", Key=buckets.FEATURES_STATE)["Body"].read())
    )
