"""gate/"""

from __future__ import annotations

import io
import json
import re
import tarfile

import boto3
import pytest

from lambda_src.gate import handler as gate
from lambda_src.gate import logic

LIMITS = logic.Limits(min_accuracy=0.8, min_macro_f1=0.75, max_regression=0.01)
EVENT = {
    "job_name": "job-1",
    "artifact_uri": "s3://artifacts/models/job-1/output/model.tar.gz",
    "champion_uri": "",
}


def evaluation(**changes):
    return {
        "accuracy": 0.91,
        "macro_f1": 0.9,
        "labels": ["Business", "Sport & leisure"],
        "baseline": {"name": "linear", "accuracy": 0.88, "macro_f1": 0.87},
        "calibration_error": 0.0213456,
        "counts": {"train": 80, "valid": 10, "test": 20},
        "base_model": "compact",
        "dataset_sha256": "ab" * 32,
        "champion": None,
        **changes,
    }


def champion(**changes):
    return {"model_version": "job-0", "accuracy": 0.92, "macro_f1": 0.91, "comparable": True, "reason": "", **changes}


@pytest.mark.parametrize(
    ("changes", "passed", "part"),
    [
        ({}, True, "accuracy 0.9100, macro F1 0.9000; there is no approved model to compare with."),
        ({"accuracy": 0.8, "macro_f1": 0.75}, True, "accuracy 0.8000"),
        ({"accuracy": 0.7999}, False, "accuracy 0.7999 is below the minimum of 0.8."),
        ({"macro_f1": 0.7}, False, "macro F1 0.7000 is below the minimum of 0.75."),
        ({"accuracy": 0.1, "macro_f1": 0.1}, False, "minimum of 0.8; macro F1 0.1000 is below"),
        # Exactly the allowed fall passes, whatever binary fractions make of it.
        ({"champion": champion()}, True, "no worse than job-0."),
        ({"champion": champion(accuracy=0.9201)}, False,
         "accuracy 0.9100 is 0.0101 below the 0.9201 of job-0, more than 0.01."),
        ({"champion": champion(macro_f1=0.92)}, False, "macro F1 0.9000 is 0.0200 below the 0.9200 of job-0"),
        ({"champion": champion(accuracy=0.5, macro_f1=0.5)}, True, "no worse than job-0."),
        ({"champion": champion(comparable=False, reason="its labels differ", accuracy=0.99)}, True,
         "the approved model is not comparable (its labels differ)."),
        ({"champion": {"comparable": False}}, True, "it was trained for other labels"),
    ],
)  # fmt: skip
def test_decisions(changes, passed, part):
    decision = logic.decide(evaluation(**changes), limits=LIMITS)
    assert decision.passed is passed
    assert part in decision.reason
    assert decision.reason.count("\n") == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"accuracy": None},
        {"accuracy": "0.9"},
        {"accuracy": True},
        {"accuracy": float("nan")},
        {"macro_f1": 1.5},
        {"macro_f1": -0.1},
        {"champion": champion(accuracy=None)},
    ],
)
def test_figures_that_cannot_be_judged(changes):
    with pytest.raises(logic.EvaluationMissing, match="between 0 and 1"):
        logic.decide(evaluation(**changes), limits=LIMITS)


def test_metadata_fits_the_registry():
    values = logic.metadata(evaluation(), job_name="job-1", reason="fine; really (yes), " + "long " * 100)
    assert values["accuracy"] == "0.9100"
    assert values["baseline_accuracy"] == "0.8800"
    assert values["calibration_error"] == "0.0213"
    assert values["labels"] == "Business / Sport leisure"
    assert values["test_texts"] == "20"
    assert values["model_version"] == "job-1"
    assert len(values) <= 50
    for key, value in values.items():
        assert re.fullmatch(r"[\w .:/=+\-@]{1,256}", value), key


def test_metadata_leaves_out_what_is_not_there():
    values = logic.metadata({"accuracy": 0.5}, job_name="job-1", reason="x")
    assert values == {"model_version": "job-1", "accuracy": "0.5000", "gate": "x"}


def packed(name, data):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for member, content in (("other.txt", b"x"), (name, data)):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def world(account, configure):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="artifacts")
    configure(gate, ARTIFACT_BUCKET="artifacts", MIN_ACCURACY="0.8", MIN_MACRO_F1="0.75", MAX_REGRESSION="0.01")
    return s3


def output(s3, data):
    s3.put_object(Bucket="artifacts", Key="models/job-1/output/output.tar.gz", Body=data)


@pytest.mark.parametrize("name", ["evaluation.json", "./evaluation.json"])
def test_the_whole_step(world, context, name):
    output(world, packed(name, json.dumps(evaluation()).encode()))
    answer = gate.handler(EVENT, context)
    assert answer["passed"] is True
    assert answer["evaluation_uri"] == "s3://artifacts/models/job-1/evaluation.json"
    assert answer["artifact_uri"] == EVENT["artifact_uri"]
    assert (answer["accuracy"], answer["macro_f1"]) == (0.91, 0.9)
    assert answer["metadata"]["accuracy"] == "0.9100"
    stored = world.get_object(Bucket="artifacts", Key="models/job-1/evaluation.json")
    assert json.loads(stored["Body"].read()) == evaluation()
    json.dumps(answer)


def test_a_model_that_fails_is_recorded_as_well(world, context):
    output(world, packed("evaluation.json", json.dumps(evaluation(accuracy=0.2)).encode()))
    answer = gate.handler(EVENT, context)
    assert answer["passed"] is False
    assert "below the minimum of 0.8" in answer["reason"]
    assert world.get_object(Bucket="artifacts", Key="models/job-1/evaluation.json")


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (None, "left no s3://artifacts/models/job-1/output/output.tar.gz"),
        (b"not a tar", "cannot|can be read"),
        (packed("evaluation.json", b"not json"), "can be read"),
        (packed("evaluation.json", b"[]"), "not a JSON object"),
        (packed("nested/evaluation.json", b"{}"), "does not hold it"),
        (packed("evaluation.json", b"{}")[:60], "can be read"),
        (packed("evaluation.json", b"{}")[:40] + b"x" * 60, "can be read"),
        (packed("evaluation.json", b"{}"), "has no accuracy"),
    ],
)
def test_output_that_cannot_be_judged(world, context, data, part):
    if data is not None:
        output(world, data)
    with pytest.raises(logic.EvaluationMissing, match=part):
        gate.handler(EVENT, context)
