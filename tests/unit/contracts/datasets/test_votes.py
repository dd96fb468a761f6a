"""A row's events become its label: newest of each labeller, trusted before others, a review before everything."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest

from contracts.datasets import ledger, votes
from contracts.datasets.votes import DISAGREE, REJECTED, TAKEN_BACK, Folded, fold

A, B, C = "a" * 10, "b" * 10, "c" * 10


def event(label: str, minute: int, key: str = A, *, trusted: bool = False, **more: Any) -> ledger.Event:
    """A label; minute: of its time, and its id."""
    made: ledger.Event = {
        "row_id": "r",
        "event_id": f"e{minute:02d}",
        "kind": "label",
        "source": "feedback",
        "key_id": key,
        "trusted": trusted,
        "label": label,
        "text": "A text",
        "time": f"2026-11-20T10:{minute:02d}:00.000Z",
    }
    return {**made, **more}  # type: ignore[typeddict-item]


def review(label: str, minute: int) -> ledger.Event:
    return event(label, minute, "arn:aws:iam::1:user/me", kind="review", source="review")


def folded(*events: ledger.Event, **labels: str | None) -> Folded:
    return fold("r", events, labels=labels)


@pytest.mark.parametrize(
    ("events", "label", "reason"),
    [
        ([event("x", 1)], "x", ""),
        ([event("x", 1), event("y", 2)], "y", ""),  # one labeller corrects themself
        ([event("x", 1), event("y", 2, B)], "", DISAGREE),
        ([event("x", 1), event("y", 2, B, trusted=True)], "y", ""),  # trusted labels go before others
        ([event("x", 3), event("y", 2, B, trusted=True)], "y", ""),
        ([event("x", 1, trusted=True), event("y", 2, B, trusted=True)], "", DISAGREE),
        ([event("x", 1, trusted=True), event("y", 2, B, trusted=True), event("x", 3, B, trusted=True)], "x", ""),
        ([event("x", 1, labeller="Ann", trusted=True), event("y", 2, labeller="Bo", trusted=True)], "", DISAGREE),
        ([event("x", 1), event("", 2)], "", TAKEN_BACK),
        ([event("x", 1, trusted=True), event("y", 2, B, trusted=True), review("y", 3)], "y", ""),
        ([event("x", 1, trusted=True), review("y", 3), event("y", 4, trusted=True)], "y", ""),
        ([review("y", 3), event("x", 4)], "y", ""),  # an untrusted label does not open what was settled
        ([review("y", 3), event("x", 4, trusted=True)], "", DISAGREE),
        ([event("x", 1, trusted=True), review("", 3)], "", REJECTED),
        ([review("", 3), review("x", 4)], "x", ""),
    ],
)
def test_rules(events: list[ledger.Event], label: str, reason: str) -> None:
    found = folded(*events)
    assert (found.label, found.reason) == (label, reason)


def test_the_order_in_which_events_are_read_changes_nothing() -> None:
    events = [event("x", 1), event("y", 2, B), event("z", 2, B, event_id="e99"), review("y", 5), event("x", 6, B)]
    assert len({repr(folded(*each)) for each in itertools.permutations(events)}) == 1


def test_of_two_events_of_one_time_the_id_decides() -> None:
    same = [event("x", 1, event_id="b"), event("y", 1, event_id="a")]
    assert folded(*same).label == folded(*reversed(same)).label == "x"


def test_an_event_twice_is_an_event_once() -> None:
    chance = random.Random(3)
    events = [event(chance.choice("xy"), chance.randrange(60), chance.choice([A, B])) for _ in range(40)]
    assert folded(*events) == folded(*events, *events[:20])


@pytest.mark.parametrize(
    ("events", "keys"),
    [
        ([event("x", 1)], (A,)),
        ([event("x", 2, B), event("x", 1), event("x", 3)], (A, B)),
        ([event("x", 1, trusted=True)], ()),
        ([event("x", 1), event("x", 2, B, trusted=True)], ()),
        ([event("x", 1), review("x", 2)], ()),
    ],
)
def test_the_untrusted_keys_on_whose_word_alone_a_label_stands(events: list[ledger.Event], keys: tuple[str]) -> None:
    assert folded(*events).keys == keys


def test_too_many_rows_are_of_keys_that_each_gave_too_many() -> None:
    rows = [replace(folded(event("x", 1)), row_id=str(number), keys=()) for number in range(80)]
    both = [replace(rows[0], row_id=f"both{number}", keys=(A, B)) for number in range(15)]
    one = [replace(rows[0], row_id=f"one{number}", keys=(A, C)) for number in range(5)]
    assert votes.of_too_many([*rows, *both, *one], share=0.1) == {each.row_id for each in both}
    assert votes.of_too_many([*rows, *both, *one], share=0.15) == set()
    assert votes.of_too_many([], share=0.1) == set()


def test_labels_of_the_mapping() -> None:
    assert folded(event("b", 1), b="Business").label == "Business"
    assert folded(event("b", 1), b=None).reason == TAKEN_BACK


def test_the_text_of_any_event_is_enough() -> None:
    without = event("x", 2)
    del without["text"]
    assert folded(event("x", 1), without).text == "A text"
    assert votes.fold("r", [without], labels={}).text == ""
