"""Tests classify/log_items.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.ab_tests.live import CHALLENGER, CHAMPION
from contracts.logs import audit, logged_labels, request_log
from contracts.models.measures import MEASURES, Measures
from lambda_src.classify import log_items
from tests.unit.lambda_src.classify.live import assignment
from tests.unit.lambda_src.classify.logged import RESULT, facts

LABELS = ["A", "B", "C"]


def test_one_item_a_text():
    first, second = log_items.build(facts(), texts=("x", "y"), results=[RESULT, RESULT])
    assert first == {
        "request_id": "r",
        "position": 0,
        "time": "2026-11-20T23:59:59.123Z",
        "day_shard": "2026-11-20#0",
        "key_shard": "k#0",
        "place": "2026-11-20T23:59:59.123Z#r#99",
        "text": "x",
        "label": "A",
        "packed_probabilities": logged_labels.pack((0.1, 0.9)),
        "confidence": 0.9,
        "labels_id": logged_labels.labels_id(("A", "B")),
        "model_version": "m1",
        "variant": "champion",
        "latency_ms": 12.5,
        "key_id": "k",
        "status": 200,
        "expires_at": int(datetime(2026, 12, 20, 23, 59, 59, tzinfo=UTC).timestamp()),
    }
    assert (second["position"], second["text"]) == (1, "y")


@pytest.mark.parametrize("keep", ["store", "hash", "drop"])
def test_what_the_container_measured_is_logged_whatever_is_kept_of_the_text(keep: str) -> None:
    known: Measures = {"length": 12, "unknown_pieces": 0.25, "unseen_words": 0.0}
    partly: Measures = {"length": 0, "unknown_pieces": None, "unseen_words": None}
    results = [replace(RESULT, measures=each) for each in (known, partly, None)]
    items = log_items.build(facts(keep_text=keep), texts=("x", "y", "z"), results=results)
    whole, nothing_to_share, older = map(dict[str, Any], items)
    assert {name: whole[name] for name in MEASURES} == known
    assert nothing_to_share["length"] == 0 and {"unknown_pieces", "unseen_words"}.isdisjoint(nothing_to_share)
    assert set(MEASURES).isdisjoint(older)


def test_a_live_tests_choice_and_what_became_of_it_are_logged_for_each_text() -> None:
    chosen = assignment(CHALLENGER, CHAMPION, CHALLENGER)
    answered = facts(variant="", variants=(CHALLENGER, CHAMPION, CHAMPION), assignment=chosen)
    items = log_items.build(answered, texts=("x", "y", "z"), results=[RESULT] * 3)
    assert [item["variant"] for item in items] == [CHALLENGER, CHAMPION, CHAMPION]
    assert [item["assigned"] for item in items] == list(chosen.variants)
    assert [item["unit"] for item in items] == list(chosen.units)
    assert {item["ab_test"] for item in items} == {chosen.test["test_id"]}


def test_a_failed_request_has_what_the_test_had_chosen() -> None:
    failed = facts(status=503, variant="", assignment=assignment(CHALLENGER))
    [item] = log_items.build(failed, texts=("x",), results=None)
    assert "variant" not in item and item["assigned"] == CHALLENGER


def test_where_no_text_is_kept_nothing_stands_for_it_either() -> None:
    [item] = log_items.build(facts(keep_text="drop", assignment=assignment(CHAMPION)), texts=("x",), results=[RESULT])
    assert "unit" not in item and item["assigned"] == CHAMPION


def test_a_failed_request_has_no_label():
    (item,) = log_items.build(facts(status=503, variant=""), texts=("x",), results=None)
    assert item["status"] == 503
    assert {"label", "packed_probabilities", "labels_id", "model_version", "variant"}.isdisjoint(item)


def test_a_text_of_the_audit_sample_has_a_second_item_that_holds_no_text():
    items = log_items.build(facts(audit_share=0.5), texts=["x"] * 64, results=[RESULT] * 64)
    chosen = [item["position"] for item in items if item.get("audit")]
    assert chosen == [n for n in range(64) if audit.is_sampled("r", n, share=0.5)] and 15 < len(chosen) < 50
    samples = audit.sampled(items)
    assert log_items.sample_items(items) == samples
    assert [sample["of_position"] for sample in samples] == chosen
    assert samples[0] == {
        "request_id": "#audit#2026-11-20",
        "position": audit.number("r", chosen[0]),
        "of_request": "r",
        "of_position": chosen[0],
        "label": "A",
        "model_version": "m1",
        "expires_at": items[0]["expires_at"],
    }
    assert not request_log.is_request_id(samples[0]["request_id"])


def test_whether_a_text_is_sampled_does_not_depend_on_the_answer():
    others = [replace(RESULT, label="B", probabilities=(0.3, 0.7)) for _ in range(64)]
    both = [log_items.build(facts(audit_share=0.5), texts=["x"] * 64, results=each) for each in ([RESULT] * 64, others)]
    assert [item.get("audit") for item in both[0]] == [item.get("audit") for item in both[1]]


def test_a_failed_request_has_nothing_to_audit():
    items = log_items.build(facts(status=503, audit_share=1.0), texts=("x",), results=None)
    assert "audit" not in items[0] and log_items.sample_items(items) == []


def test_what_was_known_is_logged_with_each_text_and_the_publisher_with_all() -> None:
    known: tuple[dict[str, Any], ...] = ({"caller.texts_30d": 4}, {})
    items = log_items.build(replace(facts(), publisher="the times", features=known), texts=["a", "b"], results=None)
    assert [item["publisher"] for item in items] == ["the times"] * 2
    assert [item.get("features") for item in items] == [{"caller.texts_30d": 4}, None]
