"""Tests `rubric trace`: from an answer to the sources of the rows that it rests on, and from a row to its models."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from contracts.datasets import ledger, manifest
from contracts.deployment import buckets
from contracts.deployment.pipeline import training_job
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack
from tests.tables import make_table
from tests.unit.ops.conftest import BUCKET, PARAMETER, run
from tests.unit.ops.datasets.world import BUCKET as DATASETS
from tests.unit.ops.datasets.world import World

MODEL, OLD, FILE = (f"rubric-dev-2026112{day}-000000-aaaa" for day in (2, 1, 0))
REQUEST = "6b3f0c9e-8a21-4f0e-9d7a-2f1c5b7e4a10"
TEXT = "Shares rally"


def store(name: str, rows: list[tuple[str, str, str]], **fields: Any) -> None:
    """A dataset version. rows: text, part, origin."""
    content = "row_id,text,label,part,origin\n" + "".join(
        f"{ledger.row_of(text)},{text},Business,{part},{origin}\n" for text, part, origin in rows
    )
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    document: Any = dict.fromkeys(manifest.Manifest.__annotations__, 0) | {
        "layout": 1, "version": name, "parent": None, "reason": "freeze", "created": "2026-11-19T00:00:00+00:00",
        "file": {"key": manifest.file_key(sha256), "sha256": sha256, "bytes": len(content), "rows": len(rows)},
        "counts": {"dataset": {"Business": 1}, "feedback": {"Business": len(rows) - 1}}, "parts": {}, **fields,
    }  # fmt: skip
    s3 = boto3.client("s3")
    s3.put_object(Bucket=DATASETS, Key=manifest.file_key(sha256), Body=content.encode())
    s3.put_object(Bucket=DATASETS, Key=manifest.key_of(name), Body=manifest.to_json(document))


def judged(version: str, dataset: str | None, *, passed: bool = True) -> None:
    said = {"dataset_version": dataset, "dataset_sha256": "ab12", "accuracy": 0.9,
            "gate": {"passed": passed, "reason": "accuracy 0.9"}}  # fmt: skip
    boto3.client("s3").put_object(Bucket=BUCKET, Key=buckets.evaluation(version), Body=json.dumps(said).encode())


def answered(position: int, version: str, **fields: dict[str, Any]) -> None:
    item = {"request_id": {"S": REQUEST}, "position": {"N": str(position)}, "time": {"S": "2026-11-23T10:00:00.000Z"},
            "key_id": {"S": "abcdefgh23"}, "label": {"S": "Business"}, "confidence": {"N": "0.75"},
            "model_version": {"S": version}, "backend": {"S": "sagemaker"}, "text": {"S": TEXT}, **fields}  # fmt: skip
    boto3.client("dynamodb").put_item(TableName="log", Item=item)


@pytest.fixture
def world(cloud: Cloud, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    stacks = made.stacks()
    data = stacks.by_part["Data"]
    outputs = {**data.outputs, "RequestLogTableName": "log"}
    stacks.by_part["Data"] = Stack(data.name, data.status, data.changed, outputs)
    monkeypatch.setattr(Cloud, "stacks", stacks)
    make_table(boto3.client("dynamodb"), "log", request_id="S", position="N")
    store("v1", [("Rain", "train", "dataset"), (TEXT, "test", "dataset")])
    store("v2", [("Rain", "train", "dataset"), (TEXT, "train", "feedback"), ("Snow", "train", "feedback")])
    judged(MODEL, "v2")
    judged(OLD, "v1", passed=False)
    judged(FILE, None)
    boto3.client("ssm").put_parameter(
        Name=PARAMETER, Value=f"s3://{BUCKET}/models/{MODEL}/output/model.tar.gz", Type="String", Overwrite=True
    )
    promoted = {"artifact_uri": f"s3://{BUCKET}/models/{MODEL}/output/model.tar.gz", "at": 1.8e9, "ended": 1.8e9,
                "outcome": "served", "by": "ada", "reason": "promoted, not tested: 3 requests of 50"}  # fmt: skip
    boto3.client("ssm").put_parameter(Name="/rubric/dev/promotions/000001", Value=json.dumps(promoted), Type="String")
    return made


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run("trace", *arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_an_answer_leads_to_its_model_its_verdict_and_the_origins_of_its_rows(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(0, MODEL)
    answered(1, FILE, variant={"S": "challenger"}, ab_test={"S": "t1"})
    found = shown(capsys, REQUEST)
    assert [each["model_version"] for each in found["texts"]] == [MODEL, FILE]
    assert (found["texts"][1]["ab_test"], found["texts"][1]["confidence"]) == ("t1", 0.75)
    assert TEXT not in json.dumps(found), "no text is printed"
    first, second = found["models"]
    assert first["model"]["passed"] is True
    assert first["dataset"]["version"] == "v2" and first["dataset"]["rows"] == 3
    assert first["dataset"]["counts"] == {"dataset": {"Business": 1}, "feedback": {"Business": 2}}
    assert [(each["what"], each["by"]) for each in first["served"]] == [("served", "ada")]
    assert second["dataset"] == {} and "no dataset version" in " ".join(second["problems"])


def test_a_model_leads_to_the_decision_that_started_its_run(
    world: World, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    decided = datetime(2026, 11, 20, 23, 59, 50, tzinfo=UTC)
    for decision_id in ("d1", "d2", "d3"):
        made = {
            **{"decision_id": decision_id, "at": "2026-11-20T23:59:50.000Z", "by": "the machine", "outcome": "train"},
            **{"decided_by": "rows", "reason": "It pays.", "run": f"retrain-{decision_id}"},
        }
        place = f"{buckets.RETRAINING}{decided:%Y%m%dT%H%M%S}.000Z-{decision_id}.json"
        boto3.client("s3").put_object(Bucket=BUCKET, Key=place, Body=json.dumps(made).encode())
    version = training_job(cloud.settings.prefix, started=decided + timedelta(seconds=30), execution_name="retrain-d2")
    judged(version, "v2")
    answered(0, version)
    answered(1, MODEL)
    first, second = shown(capsys, REQUEST)["models"]
    assert (first["decision"]["decision_id"], second["decision"]) == ("d2", {})
    assert run("trace", REQUEST) == 0
    assert "Started by the decision d2" in " ".join(capsys.readouterr().out.split())


def test_an_answer_of_the_fallback_and_a_text_without_one_are_said_to_be_so(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(0, MODEL)
    answered(1, "amazon.nova-micro-v1:0", backend={"S": "bedrock"})
    failed = {"request_id": {"S": REQUEST}, "position": {"N": "2"}, "status": {"N": "503"}}
    boto3.client("dynamodb").put_item(TableName="log", Item=failed)
    assert [each["model"]["version"] for each in shown(capsys, REQUEST)["models"]] == [MODEL]
    assert run("trace", REQUEST) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "bedrock amazon.nova-micro-v1:0" in printed and "503" in printed
    assert "Not known: what amazon.nova-micro-v1:0 learnt from: it is a model of Amazon Bedrock" in printed
    assert "Not known: which model was asked about text 2: there was no answer." in printed


def test_it_is_readable_in_a_terminal(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    answered(0, MODEL)
    assert run("trace", REQUEST) == 0
    printed = capsys.readouterr().out
    for wanted in (f"Model {MODEL}", "It passed the gate: accuracy 0.9", "Dataset version v2", "feedback", "by ada"):
        assert wanted in printed
    assert TEXT not in printed
    world.label(TEXT, "Business", labeller="grace")
    assert run("trace", "--text", TEXT) == 0
    printed = capsys.readouterr().out
    assert "learnt from it" in printed and "was judged on it" in printed and "grace" in printed


def test_a_row_leads_to_its_labels_its_versions_and_the_models_that_learnt_from_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    row_id = world.label(TEXT, "Business", minute=1, request_id=REQUEST)
    world.label(TEXT, "Health", minute=2)
    found = shown(capsys, "--text", f"  {TEXT.upper()} ")
    assert found["row_id"] == row_id
    assert [(each["label"], each.get("request_id")) for each in found["events"]] == [
        ("Business", REQUEST),
        ("Health", None),
    ]
    assert [(each["version"], each["part"]) for each in found["versions"]] == [("v1", "test"), ("v2", "train")]
    assert [(each["version"], each["how"], each["passed"], each["approved"]) for each in found["models"]] == [
        (OLD, "was judged on it", False, False),
        (MODEL, "learnt from it", True, True),
    ]
    assert "text" not in json.dumps(found["events"])
    assert shown(capsys, "--row", row_id) == found


def test_a_row_that_no_version_has_leads_to_why(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.label("Hail", "Business")
    assert run("trace", "--text", "Hail") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "No dataset version has it: `rubric data review` lists" in printed
    assert "No model was trained on a dataset version with it." in printed


def test_rows_that_are_gone_are_told_and_the_rest_is_still_traced(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in world.keys(manifest.FILES):
        if b"feedback" not in world.s3.get_object(Bucket=DATASETS, Key=key)["Body"].read():
            world.s3.delete_object(Bucket=DATASETS, Key=key)
    found = shown(capsys, "--text", TEXT)
    assert [each["version"] for each in found["versions"]] == ["v2"]
    assert "The rows of dataset version v1 are gone" in found["problems"][0]


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("nobody-knows-this",), 3, "has no request"),
        (("#ab",), 3, "not the id of a request"),
        (("--text", "never seen"), 3, "Nothing is known of the row"),
        (("--row", "12"), 2, "64 hexadecimal digits"),
        ((), 2, "only one of them"),
        ((REQUEST, "--text", "x"), 2, "only one of them"),
    ],
)
def test_what_cannot_be_traced_is_told_in_a_line(
    world: World, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int, told: str
) -> None:
    assert run("trace", *arguments) == status
    assert told in capsys.readouterr().err


def test_an_answer_of_bedrock_has_no_model_of_ours(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    answered(0, "amazon.nova-micro-v1:0", backend={"S": "bedrock"})
    assert shown(capsys, REQUEST)["models"] == []
