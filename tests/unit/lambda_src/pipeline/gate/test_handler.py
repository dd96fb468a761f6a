"""Tests gate/."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile

import boto3
import pytest

from contracts.supply import bom
from lambda_src.pipeline.gate import handler as gate
from lambda_src.pipeline.gate import logic
from lambda_src.pipeline.gate.errors import EvaluationMissing, OutputRefused

LIMITS = logic.GateLimits(min_accuracy=0.8, min_macro_f1=0.75, max_regression=0.01, max_possible_regression=0.05)
EVENT = {"job_name": "job-1", "champion_uri": ""}
ARTIFACT = "s3://artifacts/models/job-1/output/model.tar.gz"


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


def compared(*, accuracy=(0.0, -0.02, 0.02), macro_f1=(0.0, -0.02, 0.02), p=1.0, won=9, lost=9, texts=500, **changes):
    """A champion with a comparison; each difference is (value, lowest, highest)."""
    comparison = {
        "texts": texts,
        "only_new_right": won,
        "only_old_right": lost,
        "mcnemar_p": p,
        "accuracy_difference": accuracy[0],
        "accuracy_difference_interval": list(accuracy[1:]),
        "macro_f1_difference": macro_f1[0],
        "macro_f1_difference_interval": list(macro_f1[1:]),
        "confidence_level": 0.95,
        "resamples": 1000,
        **changes,
    }
    return champion(comparison=comparison)


@pytest.mark.parametrize(
    ("changes", "passed", "part"),
    [
        ({}, True, "accuracy 0.9100, macro F1 0.9000; there is no approved model to compare with."),
        ({"accuracy": 0.8, "macro_f1": 0.75}, True, "accuracy 0.8000"),
        ({"accuracy": 0.7999}, False, "accuracy 0.7999 is below the minimum of 0.8."),
        ({"macro_f1": 0.7}, False, "macro F1 0.7000 is below the minimum of 0.75."),
        ({"accuracy": 0.1, "macro_f1": 0.1}, False, "minimum of 0.8; macro F1 0.1000 is below"),
        # A fall of exactly the allowed size passes, despite the rounding of binary fractions.
        ({"champion": champion()}, True, "no worse than job-0 (compared by the bare difference, as this evaluation"),
        ({"champion": champion(comparison=None)}, True, "no worse than job-0 (compared by the bare difference"),
        ({"champion": champion(accuracy=0.9201)}, False,
         "accuracy 0.9100 is 0.0101 below the 0.9201 of job-0, more than 0.01; compared by the bare difference"),
        ({"champion": champion(macro_f1=0.92)}, False, "macro F1 0.9000 is 0.0200 below the 0.9200 of job-0"),
        ({"champion": champion(accuracy=0.5, macro_f1=0.5)}, True, "no worse than job-0 ("),
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


BETTER = (0.02, 0.01, 0.03)
FALL = (-0.02, -0.04, 0.002)
PROVEN = (-0.02, -0.035, -0.005)


@pytest.mark.parametrize(
    ("champion", "passed", "part"),
    [
        (compared(), True, "no worse than job-0: of 500 test texts only the new model got 9 right and only job-0 9 "
                           "(McNemar p 1); differences with their 95% intervals: accuracy +0.0000 [-0.0200, +0.0200]"),
        (compared(accuracy=BETTER, macro_f1=BETTER, p=1e-5), True, "p 1e-05"),
        # A decrease without statistical evidence passes, and is reported.
        (compared(accuracy=FALL, macro_f1=FALL, p=0.08, won=10, lost=20), True,
         "accuracy and macro F1 fell by more than 0.01, which may be chance: of 500 test texts only the new model got "
         "10 right and only job-0 20 (McNemar p 0.08)"),
        # The same fall with evidence is refused, by either figure.
        (compared(accuracy=PROVEN, macro_f1=FALL, p=0.01), False,
         "accuracy is 0.0200 below that of job-0, more than 0.01, and not by chance; of 500 test texts"),
        (compared(accuracy=FALL, macro_f1=PROVEN, p=0.08), False, "macro F1 is 0.0200 below that of job-0"),
        # Evidence of a fall that is allowed does not refuse: exactly the limit is allowed.
        (compared(accuracy=(0.9 - 0.91, -0.015, -0.005), macro_f1=(-0.009, -0.015, -0.003), p=0.001), True, "no worse"),
        # p exactly at the level is not evidence.
        (compared(accuracy=FALL, p=0.05001), True, "may be chance"),
        # An interval that reaches too far down means that nothing is known, for any observed value.
        (compared(accuracy=(0.0, -0.08, 0.08), texts=60), False,
         "60 test texts are too few to tell: accuracy may have fallen by 0.0800, more than max_possible_regression "
         "0.05 (test on more texts, or raise that limit)"),
        (compared(macro_f1=(0.01, -0.06, 0.08)), False, "too few to tell: macro F1 may have fallen by 0.0600"),
        (compared(accuracy=(0.0, -0.05, 0.05)), True, "no worse"),
        # Models that agree on everything.
        (compared(accuracy=(0.0, 0.0, 0.0), macro_f1=(0.0, 0.0, 0.0), won=0, lost=0, texts=1068), True, "of 1,068"),
    ],
)  # fmt: skip
def test_decisions_text_by_text(champion, passed, part):
    decision = logic.decide(evaluation(champion=champion), limits=LIMITS)
    assert (decision.passed, part in decision.reason) == (passed, True), decision.reason
    assert len(decision.reason) < 1024


FEW = {"counts": {"test": 4}, "accuracy_interval": [0.3, 0.954], "macro_f1_interval": [0.25, 0.94]}


@pytest.mark.parametrize(
    ("changes", "passed", "part"),
    [
        (
            {"accuracy": 0.75, "macro_f1": 0.7},
            True,
            "macro F1 0.7000; on only 4 test texts, so the accuracy may be anything from 0.30 to 0.95; "
            "accuracy is below the minimum of 0.8, which may be chance; "
            "macro F1 is below the minimum of 0.75, which may be chance; there is no",
        ),
        ({"accuracy": 1.0, "accuracy_interval": [0.51, 1.0]}, True, "may be anything from 0.51 to 1.00; there is no"),
        ({"accuracy": 0.25, "accuracy_interval": [0.05, 0.7]}, False, "accuracy 0.2500 is below the minimum of 0.8."),
        ({"macro_f1": 0.2, "macro_f1_interval": [0.1, 0.6]}, False, "macro F1 0.2000 is below the minimum of 0.75."),
        ({"accuracy": 0.79, "counts": {"test": 100}}, False, "accuracy 0.7900 is below the minimum of 0.8."),
        ({"accuracy": 0.79, "accuracy_interval": None}, False, "accuracy 0.7900 is below the minimum of 0.8."),
        ({"accuracy": 0.79, "counts": {}}, False, "accuracy 0.7900 is below the minimum of 0.8."),
        ({"accuracy": 0.75, "champion": compared(accuracy=(-0.2, -0.3, -0.1), p=0.01)}, False, "not by chance"),
    ],
)
def test_few_test_texts_refuse_a_model_only_with_their_interval(changes, passed, part):
    decision = logic.decide(evaluation(**{**FEW, **changes}), limits=LIMITS)
    assert decision.passed is passed and part in decision.reason


def test_an_interval_that_cannot_be_judged_is_refused():
    changed = evaluation(**{**FEW, "accuracy": 0.5, "accuracy_interval": [0.1, "x"]})
    with pytest.raises(EvaluationMissing, match="accuracy between 0 and 1"):
        logic.decide(changed, limits=LIMITS)


def test_the_bare_difference_does_not_decide_where_there_is_a_comparison():
    worse = compared(accuracy=FALL, macro_f1=FALL, p=0.3)
    assert logic.decide(evaluation(accuracy=0.85, champion=worse), limits=LIMITS).passed
    del worse["comparison"]
    assert not logic.decide(evaluation(accuracy=0.85, champion=worse), limits=LIMITS).passed


@pytest.mark.parametrize(
    "changes",
    [
        {"texts": None},
        {"only_new_right": -1},
        {"only_old_right": 1.5},
        {"mcnemar_p": float("nan")},
        {"mcnemar_p": None},
        {"accuracy_difference": None},
        {"macro_f1_difference": 2},
        {"macro_f1_difference_interval": [0.1]},
        {"accuracy_difference_interval": None},
        {"accuracy_difference_interval": [0.0, float("inf")]},
        {"confidence_level": 95},
    ],
)
def test_a_comparison_that_cannot_be_judged(changes):
    with pytest.raises(EvaluationMissing, match="champion's comparison has no"):
        logic.decide(evaluation(champion=compared(**changes)), limits=LIMITS)


@pytest.mark.parametrize("champion", ["job-0", {"comparable": True, "comparison": [1]}])
def test_a_champion_that_is_no_object(champion):
    with pytest.raises(EvaluationMissing, match="not an object"):
        logic.decide(evaluation(champion=champion), limits=LIMITS)


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
    with pytest.raises(EvaluationMissing, match="between 0 and 1"):
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
    assert "compared_with" not in values
    values |= logic.metadata(evaluation(champion=compared(p=0.081, won=3, lost=7)), job_name="job-1", reason="x")
    assert (values["compared_with"], values["mcnemar_p"]) == ("job-0", "0.081")
    assert (values["only_new_right"], values["only_old_right"]) == ("3", "7")
    for key, value in values.items():
        assert re.fullmatch(r"[\w .:/=+\-@]{1,256}", value), key


def test_metadata_name_the_dataset_version_by_its_manifest():
    found = logic.metadata({"dataset_version": "v3", "manifest_sha256": "cd" * 32}, job_name="job-1", reason="fine.")
    assert (found["dataset_version"], found["manifest_sha256"]) == ("v3", "cd" * 32)


def test_metadata_leaves_out_what_is_not_there():
    values = logic.metadata({"accuracy": 0.5}, job_name="job-1", reason="x")
    assert values == {"model_version": "job-1", "accuracy": "0.5000", "gate": "x"}


def packed(name, data, **more):
    """more: other members, `baseline` for baseline.json."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        others = [(f"{member}.json", content) for member, content in more.items()]
        for member, content in (("other.txt", b"x"), (name, data), *others):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def world(account, configure):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="artifacts")
    s3.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="artifacts", Key="training/job-1/output/model.tar.gz", Body=b"model")
    limits = {
        "MIN_ACCURACY": "0.8",
        "MIN_MACRO_F1": "0.75",
        "MAX_REGRESSION": "0.01",
        "MAX_POSSIBLE_REGRESSION": "0.05",
    }
    stores = {"DATASET_BUCKET": "datasets", "LEDGER_TABLE": "ledger", "ERASURE_KEY_ARN": "arn"}
    configure(gate, ARTIFACT_BUCKET="artifacts", **limits, **stores)
    return s3


def output(s3, data):
    s3.put_object(Bucket="artifacts", Key="training/job-1/output/output.tar.gz", Body=data)


@pytest.mark.parametrize("name", ["evaluation.json", "./evaluation.json"])
def test_the_whole_step(world, context, name):
    output(world, packed(name, json.dumps(evaluation()).encode()))
    answer = gate.handler(EVENT, context)
    assert answer["passed"] is True
    assert answer["evaluation_uri"] == "s3://artifacts/models/job-1/evaluation.json"
    assert answer["artifact_uri"] == ARTIFACT
    assert (answer["accuracy"], answer["macro_f1"]) == (0.91, 0.9)
    assert answer["metadata"]["accuracy"] == "0.9100"
    assert answer["metadata"]["artifact_sha256"] == hashlib.sha256(b"model").hexdigest()
    assert answer["metadata"]["champion"] == "none"
    assert world.get_object(Bucket="artifacts", Key=ARTIFACT.removeprefix("s3://artifacts/"))["Body"].read() == b"model"
    stored = world.get_object(Bucket="artifacts", Key="models/job-1/evaluation.json")
    verdict = {"passed": True, "reason": answer["reason"]}
    assert json.loads(stored["Body"].read()) == {**evaluation(), "gate": verdict}
    assert json.loads(answer["model_card"])["model_overview"]["model_artifact"] == [ARTIFACT]
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
        (None, "left no s3://artifacts/training/job-1/output/output.tar.gz"),
        (b"not a tar", "cannot|can be read"),
        (packed("evaluation.json", b"not json"), "can be read"),
        (packed("evaluation.json", b"[]"), "not a JSON object"),
        (packed("evaluation.json", b"[" * 100_000), "can be read"),
        (packed("nested/evaluation.json", b"{}"), "does not hold it"),
        (packed("evaluation.json", b"{}")[:60], "can be read"),
        (packed("evaluation.json", b"{}")[:40] + b"x" * 60, "can be read"),
        (packed("evaluation.json", b"{}"), "has no accuracy"),
    ],
)
def test_output_that_cannot_be_judged(world, context, data, part):
    if data is not None:
        output(world, data)
    with pytest.raises(EvaluationMissing, match=part):
        gate.handler(EVENT, context)


def test_the_step_can_be_repeated(world, context):
    output(world, packed("evaluation.json", json.dumps(evaluation()).encode()))
    champion = {**EVENT, "champion_uri": "s3://artifacts/models/job-0/output/model.tar.gz"}
    first = gate.handler(champion, context)
    assert gate.handler(champion, context) == first
    assert first["metadata"]["champion"] == champion["champion_uri"]
    versions = world.list_object_versions(Bucket="artifacts", Prefix="models/job-1/")["Versions"]
    assert len(versions) == len({each["Key"] for each in versions}) == 3


def test_a_verdict_that_is_stored_is_not_replaced_by_another(world, context, configure):
    output(world, packed("evaluation.json", json.dumps(evaluation()).encode()))
    gate.handler(EVENT, context)
    configure(gate, MIN_ACCURACY="0.95")
    with pytest.raises(OutputRefused, match=r"models/job-1/evaluation\.json already has another .*: train again"):
        gate.handler(EVENT, context)


REFERENCE = {
    "layout": 2,
    "model_version": "job-1",
    "texts": 2,
    "length_unit": "words",
    "labels": ["A", "B"],
    "streams": {"predicted_label": {"counts": [1, 1]}},
    "confusion": [[1, 0], [0, 1]],
    "prior": [0.5, 0.5],
    "mean_confidence": 0.9,
    "accuracy": 1.0,
    "term_texts": 2,
    "terms": {},
}


def kept(s3):
    """The reference that is kept beside the model; None if there is none."""
    found = s3.list_objects_v2(Bucket="artifacts", Prefix="models/job-1/baseline.json").get("Contents")
    return s3.get_object(Bucket="artifacts", Key="models/job-1/baseline.json")["Body"].read() if found else None


@pytest.mark.parametrize("accuracy", [0.91, 0.2])
def test_the_reference_for_drift_is_kept_beside_the_model_byte_for_byte(world, context, accuracy):
    reference = json.dumps(REFERENCE).encode()
    output(world, packed("evaluation.json", json.dumps(evaluation(accuracy=accuracy)).encode(), baseline=reference))
    assert gate.handler(EVENT, context) == gate.handler(EVENT, context)
    assert kept(world) == reference


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({}, "the archive does not hold it"),
        ({"baseline": json.dumps({**REFERENCE, "layout": 1}).encode()}, "has layout 1"),
        ({"baseline": b"{}"}, "has layout None"),
        ({"baseline": b"[]"}, "not a JSON object"),
        ({"baseline": b"["}, "Expecting value"),
        ({"baseline": json.dumps({**REFERENCE, "terms": {"x" * 1_000_000: 1}}).encode()}, "bytes are too many"),
    ],
    ids=["none", "older layout", "empty", "list", "broken", "too large"],
)
def test_a_model_without_a_usable_reference_is_judged_all_the_same(world, context, monkeypatch, more, cause):
    logged = []
    monkeypatch.setattr(gate.logger, "warning", lambda message, **facts: logged.append((message, facts["cause"])))
    output(world, packed("evaluation.json", json.dumps(evaluation()).encode(), **more))
    assert gate.handler(EVENT, context)["passed"] is True
    assert kept(world) is None
    [told] = [cause for message, cause in logged if message == "the model has no reference for drift"]
    assert cause in told


def test_a_reference_that_is_kept_is_not_replaced_by_another(world, context):
    output(world, packed("evaluation.json", json.dumps(evaluation()).encode(), baseline=json.dumps(REFERENCE).encode()))
    world.put_object(Bucket="artifacts", Key="models/job-1/baseline.json", Body=b"another")
    with pytest.raises(OutputRefused, match=r"models/job-1/baseline\.json already has another reference"):
        gate.handler(EVENT, context)


BILL = bom.encoded(bom.document({"type": "machine-learning-model", "name": "m"}, [], properties={}))


def test_the_bill_of_materials_is_kept_and_the_package_says_where_with_its_digest(world, context):
    output(world, packed("evaluation.json", json.dumps(evaluation()).encode(), **{"sbom.cdx": BILL}))
    metadata = gate.handler(EVENT, context)["metadata"]
    assert metadata["sbom_uri"] == "s3://artifacts/models/job-1/sbom.cdx.json"
    assert metadata["sbom_sha256"] == hashlib.sha256(BILL).hexdigest()
    assert world.get_object(Bucket="artifacts", Key="models/job-1/sbom.cdx.json")["Body"].read() == BILL
    assert all(re.fullmatch(r"[\w\s.:/=+\-@]{1,256}", value) for value in metadata.values())
    world.put_object(Bucket="artifacts", Key="models/job-1/sbom.cdx.json", Body=b"another")
    with pytest.raises(OutputRefused, match=r"models/job-1/sbom\.cdx\.json already has another bill of materials"):
        gate.handler(EVENT, context)


@pytest.mark.parametrize("made", [None, b"{}", b"[]", b"["], ids=["none", "another document", "list", "broken"])
def test_a_model_without_a_usable_bill_of_materials_is_judged_all_the_same(world, context, monkeypatch, made):
    logged = []
    monkeypatch.setattr(gate.logger, "warning", lambda message, **facts: logged.append(message))
    more = {} if made is None else {"sbom.cdx": made}
    output(world, packed("evaluation.json", json.dumps(evaluation()).encode(), **more))
    answer = gate.handler(EVENT, context)
    assert answer["passed"] is True and "sbom_uri" not in answer["metadata"]
    assert "the model has no bill of materials" in logged
