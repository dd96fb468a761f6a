"""Which rows a training would take: the same as a freeze, and none of a poisoned batch."""

from __future__ import annotations

import random
from typing import Any

import pytest

from contracts.datasets import ledger
from contracts.datasets.ledger import Event
from lambda_src.retrain.rule.accepted import CONTRADICTS, NO_TEXT, SHARE, UNKNOWN, Accepted, OldRow, accepted

LABELS = ["Business", "Health"]


def event(text: str, label: str, *, key: str = "ana", trusted: bool = True, minute: int = 0, **more: Any) -> Event:
    at = f"2026-11-20T12:{minute:02d}:00.000Z"
    made = ledger.label_event(
        ledger.row_of(text),
        source="feedback",
        key_id=key,
        trusted=trusted,
        label=label,
        at=at,
        keep_days=400,
        same=(key, text, label, at),
        text=text,
    )
    return {**made, **more}  # type: ignore[typeddict-item]


def judged(events: list[Event], *, old: dict[str, OldRow] | None = None, **more: Any) -> Accepted:
    by_row: dict[str, list[Event]] = {}
    for each in events:
        by_row.setdefault(each["row_id"], []).append(each)
    given: dict[str, Any] = {"mapping": {}, "labels": LABELS, "untrusted_share": 0.1, **more}
    return accepted(by_row, old=old or {}, **given)


def test_a_label_that_stands_is_taken_and_others_say_why_not() -> None:
    found = judged(
        [
            event("Shares  fall", "Business"),
            event("Flu is back", "Health"),
            event("A comet", "Science"),
            event("Two say two", "Health"),
            event("Two say two", "Business", key="ben"),
            event("", "Health"),
        ]
    )
    assert sorted((row.text, row.label) for row in found.rows) == [
        ("Flu is back", "Health"),
        ("Shares fall", "Business"),
    ]
    assert found.counts.accepted == 2
    assert found.counts.others == {UNKNOWN: 1, "labels disagree": 1, NO_TEXT: 1}


def test_a_poisoned_batch_of_one_key_is_left_and_is_no_reason_to_train() -> None:
    rng = random.Random(1)
    poisoned = [
        event(f"poison {number} {rng.random()}", "Business", key="mallory", trusted=False) for number in range(500)
    ]
    good = [event(f"good {number}", "Health") for number in range(40)]
    found = judged([*poisoned, *good])
    assert found.counts.accepted == 40
    assert {row.label for row in found.rows} == {"Health"}
    assert found.counts.others == {SHARE: 500}


@pytest.mark.parametrize(("settled", "taken"), [(False, 0), (True, 1)])
def test_the_dataset_is_not_contradicted_but_an_earlier_label_may_change(settled: bool, taken: int) -> None:
    old = {ledger.row_of("Shares fall"): OldRow(label="Business", settled=settled)}
    found = judged([event("Shares fall", "Health")], old=old)
    assert (found.counts.accepted, found.counts.others) == (taken, {} if taken else {CONTRADICTS: 1})


def test_a_review_settles_that_too() -> None:
    old = {ledger.row_of("Shares fall"): OldRow(label="Business", settled=False)}
    review = event("Shares fall", "Health", minute=1, kind="review", source="review")
    assert judged([event("Shares fall", "Health"), review], old=old).counts.accepted == 1


def test_what_the_model_has_learnt_already_is_not_new() -> None:
    old = {ledger.row_of("Shares fall"): OldRow(label="Business", settled=False)}
    found = judged([event("Shares fall", "Business")], old=old)
    assert (found.counts.accepted, found.counts.others) == (0, {})


def test_labels_are_read_as_the_settings_map_them() -> None:
    found = judged([event("Shares fall", "Biz")], mapping={"Biz": "Business"})
    assert [row.label for row in found.rows] == ["Business"]
