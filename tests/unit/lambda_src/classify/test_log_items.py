"""Tests classify/log_items.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.logs import logged_labels
from contracts.models.measures import MEASURES, Measures
from lambda_src.classify import log_items
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


def test_a_failed_request_has_no_label():
    (item,) = log_items.build(facts(status=503, variant=""), texts=("x",), results=None)
    assert item["status"] == 503
    assert {"label", "packed_probabilities", "labels_id", "model_version", "variant"}.isdisjoint(item)
