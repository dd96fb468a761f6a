"""A look from the outside: reports, metrics and what is said where nothing can be compared."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest

from contracts.deployment import buckets
from contracts.logs import drift_report
from lambda_src.drift import handler as drift
from tests.unit.lambda_src.conftest import Context
from tests.unit.lambda_src.drift.references import LABELS
from tests.unit.lambda_src.drift.world import NOW, VERSION, World
from tests.unit.lambda_src.meta.test_handler import fits

HOUR = timedelta(hours=1)


def logs(world: World, number: int, *, first: int = 0, shares: Any = (1, 1, 1, 1), **more: Any) -> None:
    chance = random.Random(first)
    for request in range(first, first + number):
        at = NOW - 3 * HOUR + timedelta(seconds=request)
        world.logs(f"r{request:04d}", chance.choices(LABELS, shares), at=at, text="drop", **more)


def reported(world: World, version: str = VERSION) -> Any:
    return world.bucket.document(buckets.drift_report(version))


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line]
    return {
        metric["Name"]: document[metric["Name"]][0]
        for document in documents
        for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }


def test_a_model_whose_answers_moved_is_reported_and_rings(
    world: World, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    logs(world, 600, shares=(6, 1, 1, 1))
    answer = drift.handler({}, context)
    assert (answer["ended"], answer["texts"], answer["models"]) == ("done", 600, {VERSION: drift_report.DRIFT})
    report = reported(world)
    assert set(report) == set(drift_report.Report.__annotations__) - {"slices"}  # no text had features
    fits("Drift", {name: value for name, value in report.items() if name != "layout"})
    assert report["status"] == drift_report.DRIFT and "predicted labels" in report["reason"].lower()
    [labels] = [stream for stream in report["streams"] if stream["name"] == "predicted_label"]
    assert labels["alarm"]["request"] <= 600 and labels["alarm"]["time"] >= report["since"]
    assert labels["log10_evidence"] >= labels["log10_threshold"] and labels["moved"] == "arts"
    assert 1 < len(labels["evidence"]) <= drift_report.MOST_POINTS and labels["evidence"][-1][1] == 600
    [arts] = [share for share in labels["shares"] if share["name"] == "arts"]
    assert arts["live"] > 0.5 > 0.3 > arts["high"] > arts["reference"] > arts["low"]
    assert metrics(capsys) == {"DriftFound": 1, "DriftTexts": 600, "DriftBehindSeconds": 0}


def test_too_few_texts_is_an_answer_of_its_own(
    world: World, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    logs(world, 20)
    assert drift.handler({}, context)["models"] == {VERSION: drift_report.TOO_FEW}
    assert reported(world)["reason"].startswith("20 requests so far")
    assert metrics(capsys)["DriftFound"] == 0


def test_nothing_new_writes_the_report_anew_and_rings_as_before(
    world: World, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    logs(world, 600, shares=(6, 1, 1, 1))
    drift.handler({}, context)
    before = reported(world)
    world.now += HOUR
    assert drift.handler({}, context)["texts"] == 0
    after = reported(world)
    assert after["written"] > before["written"]
    assert {**after, "written": "", "until": ""} == {**before, "written": "", "until": ""}
    assert metrics(capsys)["DriftFound"] == 1


def test_answers_with_a_label_that_the_reference_does_not_have_are_left_out_and_said(
    world: World, context: Context
) -> None:
    logs(world, 120)
    for number in range(5):
        world.logs(f"x{number}", ["weather"], at=NOW - HOUR)
    assert drift.handler({}, context)["models"] == {VERSION: drift_report.STEADY}
    report = reported(world)
    assert report["counted"]["unknown_labels"] == 5
    assert report["reason"].endswith("5 answers have a label that the reference does not have.")


@pytest.mark.parametrize(
    ("reference", "status", "said"),
    [
        (None, drift_report.NO_REFERENCE, "The model has no reference: it was trained before there were any."),
        (b"{}", drift_report.UNREADABLE, "The reference has layout None; this version reads layout 2."),
        (b"no json", drift_report.UNREADABLE, "The reference is not a JSON object."),
    ],
)
def test_without_a_reference_that_can_be_read_it_says_so(
    world: World, context: Context, reference: bytes | None, status: str, said: str
) -> None:
    if reference is None:
        del world.bucket.objects[buckets.baseline(VERSION)]
    else:
        world.bucket.objects[buckets.baseline(VERSION)] = reference
    logs(world, 3)
    assert drift.handler({}, context)["models"] == {VERSION: status}
    report = reported(world)
    assert (report["status"], report["reason"], report["streams"]) == (status, said, [])
    assert report["counted"]["texts"] == 3


def test_answers_of_a_foundation_model_are_not_compared_with_a_trained_one(world: World, context: Context) -> None:
    for item in world.items("b1", ["arts"], at=NOW - HOUR, version="amazon.nova-micro-v1:0"):
        world.table.write({**item, "backend": "bedrock"})
    answer = drift.handler({}, context)
    assert (answer["texts"], answer["models"]) == (0, {})


def test_a_look_whose_time_is_short_ends_before_it_and_says_how_far_it_is(world: World) -> None:
    logs(world, 5)
    answer = drift.handler({}, Context(remaining_ms=89_000))
    assert (answer["ended"], answer["texts"]) == ("time", 0)
    drift.handler({}, Context(remaining_ms=44_000))
    assert answer["behind_seconds"] > 0 and answer["until"] < "2026-11-20"
    assert drift.handler({}, Context())["texts"] == 5
