"""A monitor: alarms where a stream moved, states that go on elsewhere, and what is left out."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest

from lambda_src.drift.statistics import side, signatures, starts, stream
from lambda_src.drift.statistics.monitor import LAYOUT, Monitor, StateError
from lambda_src.drift.statistics.observation import Observation
from tests.unit.lambda_src.drift.references import LABELS, baseline, drawn, observation


def test_a_shifted_class_alarms_and_no_other_stream() -> None:
    chance = random.Random(3)
    monitor = Monitor.start(drawn(1500, chance), alpha=0.001, tolerance=0.02)
    for _ in range(1200):
        monitor.add([observation(chance, (0.45, 0.25, 0.15, 0.15))])
    labels, *others = monitor.streams()
    assert labels.name == "predicted_label"
    assert labels.alarm_since is not None and labels.alarm_since < 800
    assert labels.log10_evidence >= labels.log10_threshold
    assert labels.moved_most == "arts"
    assert [each.alarm_since for each in others] == [None] * 4
    arts = labels.bins[0]
    assert arts.low < arts.reference < arts.high
    assert arts.live == pytest.approx(0.45, abs=0.05) and arts.late == pytest.approx(0.45, abs=0.05)


def test_a_state_goes_on_as_if_it_had_never_been_stored() -> None:
    chance = random.Random(4)
    reference = drawn(500, chance)
    whole = stored = Monitor.start(reference)
    for number in range(200):
        request = [observation(chance) for _ in range(chance.randint(1, 5))]
        request[0] = Observation(label="arts", signature=signatures.of_text(f"the same words in text {number % 50}"))
        whole.add(request)
        if stored is not whole:
            stored.add(request)
        if number % 37 == 0:
            stored = Monitor.of(json.loads(json.dumps(stored.document())), reference)
    assert stored.document() == whole.document()
    assert stored.streams() == whole.streams()


def test_the_state_does_not_grow_with_the_texts() -> None:
    chance = random.Random(5)
    monitor = Monitor.start(drawn(300, chance))
    sizes = []
    for number in range(6000):
        monitor.add([Observation(label=chance.choice(LABELS), length=chance.random(), signature=(number,))])
        if number in (2999, 5999):
            sizes.append(len(json.dumps(monitor.document())))
    assert sizes[1] < sizes[0] * 1.02


def test_a_story_told_many_times_counts_once() -> None:
    monitor = Monitor.start(drawn(1500, random.Random(6)))
    told = Observation(
        label="arts", signature=signatures.of_text("A comet was seen over the northern islands last night")
    )
    again = Observation(
        label="money", signature=signatures.of_text("A comet was seen over the northern islands last week")
    )
    for _ in range(1000):
        monitor.add([told, again])
    labels = monitor.streams()[0]
    assert (labels.requests, labels.bins[0].live) == (1, 1.0)
    assert labels.alarm_since is None


def test_before_the_first_request_nothing_is_known() -> None:
    for state in Monitor.start(drawn(100, random.Random(7))).streams():
        assert (state.requests, state.log10_evidence, state.alarm_since) == (0, 0.0, None)
        assert {each.live for each in state.bins} == {None}


def test_a_missing_measure_leaves_a_text_out_of_that_stream_only() -> None:
    monitor = Monitor.start(drawn(100, random.Random(8)))
    monitor.add([Observation(label="arts", length=0.5), Observation(label="sport", confidence=0.5)])
    assert {state.name: state.requests for state in monitor.streams()} == {
        "predicted_label": 1,
        "confidence": 1,
        "length": 1,
        "unknown_pieces": 0,
        "unseen_words": 0,
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layout": 0}, "layout 0"),
        ({"model_version": "another"}, "another reference"),
        ({"reference": {}}, "another ref"),
    ],
)
def test_a_state_of_something_else_is_refused(change: dict[str, Any], message: str) -> None:
    reference = drawn(100, random.Random(9))
    with pytest.raises(StateError, match=message):
        Monitor.of({**Monitor.start(reference).document(), **change}, reference)


@pytest.mark.parametrize("part", ["alpha", "recent", "streams", "requests"])
def test_a_damaged_state_is_refused_in_one_sentence(part: str) -> None:
    reference = drawn(100, random.Random(9))
    document = Monitor.start(reference).document()
    shorter = {key: {**value, "more": ["AAAA"]} for key, value in document["streams"].items()}
    for damaged in ({key: value for key, value in document.items() if key != part}, {**document, "streams": shorter}):
        with pytest.raises(StateError, match="is damaged"):
            Monitor.of(damaged, reference)


@pytest.mark.parametrize(("alpha", "tolerance"), [(0.0, 0.02), (1.0, 0.02), (0.001, 0.0), (0.001, 1.0)])
def test_a_promise_of_nothing_or_everything_is_refused(alpha: float, tolerance: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Monitor.start(drawn(100, random.Random(9)), alpha=alpha, tolerance=tolerance)


@pytest.mark.parametrize("tolerance", [1e-6, 0.3, 0.9])
@pytest.mark.parametrize(
    "counts", [(0, 0, 0, 0), (1, 0, 0, 0), (3, 0, 0, 7), (10_000, 0, 0, 1), (10**6, 10**6, 0, 10**6)]
)
def test_odd_references_and_tolerances_work(counts: tuple[int, ...], tolerance: float) -> None:
    monitor = Monitor.start(baseline({"predicted_label": {"counts": list(counts)}}), tolerance=tolerance)
    for number in range(64):
        monitor.add([Observation(label=LABELS[number % 2]), Observation(label=LABELS[number % 3])])
    [state] = monitor.streams()
    assert math.isfinite(state.log10_evidence)


def test_the_layout_is_raised_with_the_numbers_that_a_state_depends_on() -> None:
    numbers = (side._BELOW, side.CONSTANT, side._FIRST_STEP, side._RATIO, side._CLOSEST_TO_ONE)
    weights = (starts.RESERVE, starts.FIRST, starts._FLAT)
    blocks = (stream.BLOCK, stream._SIDES_A_BLOCK)
    assert (LAYOUT, numbers, weights, blocks) == (1, ((2.0, 4.0), 0.3, 3.0, 1.6, 0.98), (0.05, 0.4, 5), (16, 128))


def test_many_labels_take_bounded_work_and_state() -> None:
    labels = [f"label {number}" for number in range(500)]
    monitor = Monitor.start(baseline({"predicted_label": {"counts": [3] * 500}}, labels=labels))
    chance = random.Random(10)
    for _ in range(400):
        monitor.add([Observation(label=chance.choice(labels))])
    assert len(json.dumps(monitor.document())) < 2_000_000
