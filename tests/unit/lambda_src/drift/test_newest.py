"""What a report says by the newest texts of the log."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from contracts.deployment import buckets
from contracts.logs import audit, drift_report
from lambda_src.drift import handler as drift
from lambda_src.drift import newest
from tests.unit.lambda_src.conftest import Context
from tests.unit.lambda_src.drift.references import LABELS
from tests.unit.lambda_src.drift.world import NOW, VERSION, World

HOUR = timedelta(hours=1)
WORDS = [f"word{number}" for number in range(400)]


def fill(made: World, number: int, *, text: str = "store", words: str = "", label: str = "") -> None:
    """Requests of one text each; words: at the start of each text."""
    chance = random.Random(number)
    for request in range(number):
        at = NOW - 3 * HOUR + timedelta(seconds=request)
        [item] = made.items(f"r{request:04d}", [label or chance.choice(LABELS)], at=at, text=text)
        if text == "store":
            item["text"] = " ".join([words, *chance.sample(WORDS, 8)]).strip()
        made.table.write(item)
    known = {f"word{n}": 20 for n in range(400)}
    made.change_reference(term_texts=1_000, terms=known)


def reported(made: World, context: Context) -> Any:
    made.calls.last = None
    drift.handler({}, context)
    return made.bucket.document(buckets.drift_report(VERSION))


def test_an_alarm_names_the_terms_the_texts_and_the_labels(world: World, context: Context) -> None:
    fill(world, 300, words="earthquake", label="arts")
    report = reported(world, context)
    assert report["status"] == drift_report.DRIFT and report["explanation_reason"] == ""
    found = report["explanation"]
    assert found["more"][0]["term"] == "earthquake" and found["more"][0]["live"] == 1.0
    assert [label["label"] for label in found["grown"]] == ["arts"]
    assert found["typical"] and all("earthquake" in text["text"] for text in found["typical"])
    assert {tuple(text) for text in found["typical"]} == {("request_id", "position", "text")}


def test_what_was_erased_meanwhile_is_not_quoted(world: World, context: Context) -> None:
    fill(world, 300, words="earthquake", label="arts")
    before = reported(world, context)
    for text in before["explanation"]["typical"]:
        del world.table.items[text["request_id"], text["position"]]
    after = reported(world, context)
    gone = {text["request_id"] for text in before["explanation"]["typical"]}
    assert after["explanation"]["typical"]
    assert not gone & {text["request_id"] for text in after["explanation"]["typical"]}
    assert after["counted"] == before["counted"]


@pytest.mark.parametrize("text", ["hash", "drop"])
def test_without_texts_labels_alone_are_named(world: World, context: Context, text: str) -> None:
    fill(world, 300, text=text, label="arts")
    report = reported(world, context)
    assert report["explanation_reason"] == newest.NO_TEXTS
    found = report["explanation"]
    assert (found["more"], found["less"], found["typical"]) == ([], [], [])
    assert [label["label"] for label in found["grown"]] == ["arts"]


def test_without_drift_there_is_nothing_to_explain(world: World, context: Context) -> None:
    fill(world, 120)
    report = reported(world, context)
    assert (report["status"], report["explanation"]) == (drift_report.STEADY, None)
    assert report["explanation_reason"] == newest.NO_DRIFT


def test_accuracy_is_estimated_from_the_probabilities_that_are_logged(world: World, context: Context) -> None:
    fill(world, 120)
    [labels] = world.labels_items()
    world.table.write(labels)
    report = reported(world, context)
    estimate = report["accuracy"]["estimate"]
    assert report["accuracy_reason"] == "" and estimate["texts"] == 120
    assert estimate["low"] <= estimate["accuracy"] <= estimate["high"] and 0.5 < estimate["accuracy"] < 0.9
    assert [each["label"] for each in estimate["labels"]] == list(LABELS)
    assert sum(each["live"] for each in estimate["labels"]) == pytest.approx(1, abs=0.01)


def test_without_probabilities_there_is_no_estimate(world: World, context: Context) -> None:
    fill(world, 120)
    report = reported(world, context)
    assert (report["accuracy"], report["accuracy_reason"]) == (None, newest.NO_PROBABILITIES)


def test_with_few_answers_there_is_no_estimate(world: World, context: Context) -> None:
    fill(world, 20)
    world.table.write(world.labels_items()[0])
    assert reported(world, context)["accuracy_reason"] == newest.TOO_FEW


def sampled(made: World, number: int, *, right: int) -> None:
    """The labels of the audit sample: so many texts, of which the first `right` were answered rightly."""
    for position in range(number):
        given = {"first": "arts" if position < right else "money", "label": "money", "times": 2, "trusted": True}
        # The first labeller changed the label last, and somebody without a trusted key came before both.
        later = {
            **given,
            "first": "sport",
            "time": "2026-11-20T11:30:00.000Z",
            "first_time": "2026-11-20T11:29:00.000Z",
        }
        first = {**given, "time": "2026-11-20T11:40:00.000Z", "first_time": f"2026-11-20T10:00:{position:02d}.000Z"}
        wrong = {**given, "first": "sport", "time": "2026-11-20T09:00:00.000Z", "trusted": False}
        labelled = {"a": first, "b": later, "c": wrong}
        text: Any = {
            **{"request_id": audit.partition("2026-11-20"), "position": position, "of_request": "r", "of_position": 0},
            **{"label": "arts", "model_version": VERSION, "given": labelled},
        }
        made.table.write(text)
        made.table.write({**text, "position": 100 + position, "model_version": "another"})
    made.table.write({"request_id": audit.partition("2026-11-20"), "position": 999, "model_version": VERSION})


@pytest.mark.parametrize(
    ("right", "verdict"), [(20, "lower_than_expected"), (45, "agree")], ids=["half are wrong", "few are wrong"]
)
def test_labels_of_the_audit_sample_bound_the_accuracy_beside_the_estimate(
    world: World,
    context: Context,
    right: int,
    verdict: str,
) -> None:
    fill(world, 120)
    world.table.write(world.labels_items()[0])
    sampled(world, 60, right=right)
    accuracy = reported(world, context)["accuracy"]
    assert (accuracy["audit"]["whole"]["texts"], accuracy["audit"]["whole"]["right"]) == (60, right)
    assert accuracy["audit"]["late"]["low"] < right / 60 < accuracy["audit"]["late"]["high"]
    assert accuracy["estimate"]["texts"] == 120 and accuracy["verdict"] == verdict and accuracy["sentence"]


def test_labels_of_keys_that_are_not_trusted_bound_nothing_and_are_counted(world: World, context: Context) -> None:
    fill(world, 120)
    world.table.write(world.labels_items()[0])
    said = {"first": "sport", "label": "sport", "times": 1, "time": "2026-11-20T10:00:00.000Z"}
    for position, more in enumerate(({"trusted": False}, {})):
        world.table.write(
            {
                **{"request_id": audit.partition("2026-11-20"), "position": position, "of_request": "r"},
                **{"label": "arts", "model_version": VERSION, "given": {"mallory": {**said, **more}}},
            }
        )
    accuracy = reported(world, context)["accuracy"]
    assert (accuracy["audit"], accuracy["waiting"], accuracy["verdict"]) == (None, 2, "too_few_labels")


def test_labels_count_without_an_estimate(world: World, context: Context) -> None:
    fill(world, 20)
    sampled(world, 30, right=30)
    accuracy = reported(world, context)["accuracy"]
    assert accuracy["estimate"] is None and accuracy["audit"]["whole"]["low"] > 0.6
