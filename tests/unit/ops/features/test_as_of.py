"""`rubric features as-of` against the function itself, on tables in moto: no row gets a value that is later than it."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from contracts.features import asked, layout
from contracts.features.event import publisher_id
from contracts.features.values import time_text
from contracts.texts import text_normalization
from environments.reading import registry
from lambda_src.common import aws as functions_aws
from lambda_src.common.features import dynamodb
from lambda_src.common.features.store import StoreError
from lambda_src.features.environment import FeaturesSettings
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from tests.checkout import ROOT
from tests.tables import make_table
from tests.unit.ops.conftest import deployed, run

NOW = datetime.now(UTC).replace(microsecond=0)
REGISTRY = registry.load("environments/registry/features.yaml", root=ROOT)
TIMES = publisher_id("The Times")
RATES = text_normalization.text_id("Rates rise")


def at(minutes: float) -> str:
    return time_text(NOW + timedelta(minutes=minutes))


class Store:
    """The store, with a clock for writes."""

    def __init__(self) -> None:
        self.wrote = 0

    def write(self, entity: str, one: str, minutes: float, *, written: float, **features: Any) -> None:
        self.wrote += 1
        store = dynamodb.Store(
            boto3.client("dynamodb"),
            online="online",
            history="history",
            registry=REGISTRY,
            clock=lambda: NOW + timedelta(minutes=written),
        )
        event = {"entity": entity, "entity_id": one, "features": features, "event_time": at(minutes)}
        store.write([{**event, "event_id": f"e{self.wrote}"}])


@pytest.fixture
def store(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The environment with a feature store, whose function answers in this process."""
    client = boto3.client("dynamodb")
    make_table(client, "online", **{layout.ENTITY_KEY: "S"})
    make_table(client, "history", **{layout.ENTITY_KEY: "S", layout.PLACE: "S"})
    # Powertools reads these when the module is imported.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "rubric-test")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Rubric")
    handler = importlib.import_module("lambda_src.features.handler")
    settings = FeaturesSettings(
        environment="dev", request_log_table="log", request_log_shards=1, ledger_table="ledger", artifact_bucket="a",
        features_registry=REGISTRY.as_json(), feature_store="dynamodb", feature_days=400,
        features_online_table="online", features_history_table="history",
    )  # fmt: skip
    monkeypatch.setattr(handler, "_settings", lambda: settings)
    monkeypatch.setattr(functions_aws, "client", lambda service, **_: boto3.client(service))
    caches = (handler._store, handler._registry)
    for cached in caches:
        cached.cache_clear()
    with_function("features", monkeypatch)
    real: Callable[..., Any] = Cloud.client

    class Function:
        def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
            assert FunctionName == "features"
            context = SimpleNamespace(
                function_name="f", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="r"
            )
            try:
                answer = handler.handler(json.loads(Payload), context)
            except (StoreError, ValueError) as error:  # as Lambda answers
                body = json.dumps({"errorMessage": str(error)}).encode()
                return {"Payload": io.BytesIO(body), "FunctionError": "Unhandled"}
            return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    monkeypatch.setattr(
        Cloud, "client", lambda self, name, **options: Function() if name == "lambda" else real(self, name)
    )
    yield Store()
    for cached in caches:
        cached.cache_clear()


def with_function(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stacks = deployed()
    api = stacks.by_part["Api"]
    outputs = {**api.outputs, "FeaturesFunctionName": name} if name else api.outputs
    changed = Stack(api.name, api.status, api.changed, outputs)
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={**stacks.by_part, "Api": changed}))


def asked_of(folder: Path, *lines: str, options: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """The rows that the command writes of a file with these lines."""
    labels, out = folder / "labels.csv", folder / "features.csv"
    labels.write_text("\n".join(lines) + "\n", "utf-8")
    assert run("features", "as-of", str(labels), "--out", str(out), "--force", *options) == 0
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_no_row_gets_a_value_that_is_later_than_its_time(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leak test: several rows of one entity, in no order, over more than one call."""
    monkeypatch.setattr(asked, "MOST_ROWS", 3)
    for minutes in range(-60, 0, 10):
        store.write("caller", "k1", minutes, written=minutes + 1, texts_30d=60 + minutes)
    store.write("caller", "k2", -5, written=-4, texts_30d=7)
    lines = ["entity,id,time,label"]
    expected = []
    for time in (-19, -61, -5, -49, -39.5, -9, -29):
        lines.append(f"caller,k1,{at(time)},L{time}")
        known = [60 + one for one in range(-60, 0, 10) if one + 1 <= time]
        expected.append(str(known[-1]) if known else "")
    rows = asked_of(tmp_path, *lines, f"caller,k2,{at(-6)},x", f"caller,k2,{at(-1)},y")
    assert [row["caller.texts_30d"] for row in rows] == [*expected, "", "7"]
    assert expected.count("") == 1
    assert [row["label"] for row in rows] == ["L-19", "L-61", "L-5", "L-49", "L-39.5", "L-9", "L-29", "x", "y"]


def test_what_was_written_later_was_not_known_then_unless_asked_for(store: Store, tmp_path: Path) -> None:
    store.write("caller", "k1", -50, written=-49, texts_30d=1)
    store.write("caller", "k1", -40, written=-10, texts_30d=2)  # came late
    lines = ("entity,id,time", f"caller,k1,{at(-30)}")
    assert asked_of(tmp_path, *lines)[0]["caller.texts_30d"] == "1"
    assert asked_of(tmp_path, *lines, options=("--by-event-time",))[0]["caller.texts_30d"] == "2"


def test_publishers_and_texts_are_found_as_people_write_them(store: Store, tmp_path: Path) -> None:
    store.write("publisher", TIMES, -50, written=-49, texts_30d=9, top_label_30d="Health")
    store.write("text", RATES, -50, written=-49, labellers=2)
    [row] = asked_of(
        tmp_path, "headline,from,time", f"Rates  RISE,THE times,{at(0)}",
        options=("--entity", "publisher", "--id-column", "from"),
    )  # fmt: skip
    assert (row["publisher.texts_30d"], row["publisher.top_label_30d"], row["from"]) == ("9", "Health", "THE times")
    header, values = ",".join(row), ",".join(row.values())
    [both] = asked_of(tmp_path, header, values, options=("--entity", "text", "--id-column", "headline"))
    assert (both["publisher.texts_30d"], both["text.labellers"]) == ("9", "2")
    [by_hash] = asked_of(tmp_path, "entity,id,time", f"text,{RATES},{at(0)}")
    assert by_hash["text.labellers"] == "2"


def test_a_row_without_an_id_keeps_its_place(store: Store, tmp_path: Path) -> None:
    store.write("caller", "k1", -50, written=-49, texts_30d=1)
    rows = asked_of(tmp_path, "entity,id,time", f"caller,,{at(0)}", f"caller,k1,{at(0)}")
    assert [row["caller.texts_30d"] for row in rows] == ["", "1"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (("id,time", "k1,2026-01-01T00:00:00Z"), "labels.csv: it has no column 'entity' (it has: id, time)"),
        (("entity,name,time", "caller,k1,2026-01-01T00:00:00Z"), "it has no column 'id'"),
        (("entity,id,time", "person,k1,2026-01-01T00:00:00Z"), "labels.csv:2: there is no entity 'person'"),
        (("entity,id,time", "caller,k1,yesterday"), "labels.csv:2: 'yesterday' is not a time: write it like 2026"),
        (("entity,id,time", "caller,k1,2026-01-01 00:00"), "'2026-01-01 00:00' does not say its time zone"),
        (("entity,id,time", "caller,k1,2999-01-01T00:00:00Z"), "labels.csv:2: the time 2999-01-01T00:00:00Z is still"),
        (("entity,id,time", "caller,k1"), "labels.csv:2: correct this row: not 3 columns"),
        (("entity,id,time",), "labels.csv: it has no rows"),
        (
            ("entity,id,time,caller.texts_30d", "caller,k1,2026-01-01T00:00:00Z,1"),
            "the table has a column 'caller.texts_30d' already: rename it, or leave it out",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_nothing_is_written(
    lines: tuple[str, ...], sentence: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, out = tmp_path / "labels.csv", tmp_path / "features.csv"
    labels.write_text("\n".join(lines) + "\n", "utf-8")
    assert run("features", "as-of", str(labels), "--out", str(out)) == 1
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.startswith("rubric: ") and sentence in told
    assert not out.exists()


def test_a_store_that_fails_is_one_sentence(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("dynamodb").delete_table(TableName="history")
    (tmp_path / "labels.csv").write_text(f"entity,id,time\ncaller,k1,{at(0)}\n")
    assert run("features", "as-of", str(tmp_path / "labels.csv"), "--out", str(tmp_path / "o.csv")) == 1
    assert "rubric: The features could not be read: DynamoDB " in capsys.readouterr().err


def test_an_environment_without_a_store_says_what_to_set(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels.csv").write_text(f"entity,id,time\ncaller,k1,{at(0)}\n")
    assert run("features", "as-of", str(tmp_path / "labels.csv"), "--out", str(tmp_path / "o.csv")) == 3
    assert "rubric: dev has no feature store: set features.store and deploy" in capsys.readouterr().err
