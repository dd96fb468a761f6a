"""What the card says of callers and publishers: counts, and no name."""

from __future__ import annotations

import json
from typing import Any

from lambda_src.pipeline.gate import card_features

SUMMARY: dict[str, Any] = {
    "until": "2026-11-20T12:00:00.000Z",
    "entities": {
        "caller": {
            "known": 7,
            "most": [
                {"id": "k-secret", "texts_30d": 900, "feedback_30d": 60, "feedback_wrong_share_30d": 0.5},
                {"id": "k2", "texts_30d": 500, "feedback_30d": 40, "feedback_wrong_share_30d": 0.0},
                {"id": "k3", "texts_30d": 50, "feedback_30d": 2, "feedback_wrong_share_30d": 1.0},
                {"id": "k4", "texts_30d": 10, "feedback_30d": 0},
            ],
        },
        "publisher": {"known": 3, "most": [{"id": "the times", "texts_30d": 5, "feedback_30d": 0}]},
    },
}


def test_feedback_is_summed_and_the_worst_caller_has_enough_of_it() -> None:
    [found] = card_features.evaluations(SUMMARY)
    [group] = found["metric_groups"]
    assert group["name"] == "by caller"
    assert {metric["name"]: metric["value"] for metric in group["metric_data"]} == {
        "callers known": 7,
        "feedback": 102,
        "share of the feedback that was wrong": 0.313725,
        "the highest share of one caller": 0.5,
    }


def test_it_names_nobody() -> None:
    written = json.dumps(list(card_features.evaluations(SUMMARY)))
    assert "k-secret" not in written
    assert "the times" not in written


def test_without_feedback_or_a_summary_there_is_nothing() -> None:
    quiet = {**SUMMARY, "entities": {"caller": {"known": 1, "most": [{"id": "k", "feedback_30d": 0}]}}}
    assert list(card_features.evaluations(quiet)) == []
    assert list(card_features.evaluations({})) == []
