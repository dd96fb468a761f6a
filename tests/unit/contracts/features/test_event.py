"""Events: what cannot be one, and the ids of entities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.features import event, layout, registry
from contracts.features.values import FeatureError

REGISTRY = registry.parse(
    {
        "features": [
            {"name": "n", "entity": entity, "type": "integer", "source": "labels"} for entity in registry.ENTITIES
        ]
    }
)
GOOD: dict[str, Any] = {
    "entity": "caller",
    "entity_id": "k1",
    "features": {"n": 1},
    "event_time": "2026-11-20T21:35:00Z",
    "event_id": "e1",
}


def of(**changes: Any) -> event.Event:
    return event.of({**GOOD, **changes}, registry=REGISTRY)


@pytest.mark.parametrize(
    "changes",
    [
        {"more": 1},
        {"entity": "reader"},
        {"entity": ["caller"]},
        {"features": []},
        {"features": {"n": None}},
        {"features": {1: 1}},
        {"event_id": "x" * 129},
        {"event_id": "ä"},
        {"event_id": 5},
        {"entity_id": "a\nb"},
        {"entity_id": "x" * 513},
        {"entity_id": "\ud800"},
        {"entity_id": 5},
        {"entity": "text", "entity_id": "Rates rise again"},
        {"event_time": "soon"},
    ],
)
def test_what_is_no_event_is_refused_in_one_sentence(changes: dict[str, Any]) -> None:
    with pytest.raises(FeatureError) as raised:
        of(**changes)
    assert "\n" not in str(raised.value)


def test_what_is_no_mapping_is_no_event() -> None:
    with pytest.raises(FeatureError, match="an event has exactly"):
        event.of(5, registry=REGISTRY)  # type: ignore[arg-type]


def test_a_text_s_words_are_not_quoted() -> None:
    with pytest.raises(FeatureError) as raised:
        of(entity="text", entity_id="Rates rise again")
    assert "Rates" not in str(raised.value)


def test_an_event_lies_at_most_a_minute_ahead() -> None:
    now = datetime(2026, 11, 20, 21, 34, tzinfo=UTC)
    assert event.checked_all([GOOD], registry=REGISTRY, now=now) == [of()]
    with pytest.raises(FeatureError, match=r"^event 1 was not written, nor any other: .* ahead of the clock$"):
        event.checked_all([GOOD], registry=REGISTRY, now=now - timedelta(seconds=1))


def test_a_publisher_has_one_id_in_all_spellings() -> None:
    assert event.publisher_id(" Süddeutsche\u00a0 ZEITUNG ") == event.publisher_id("süddeutsche zeitung")


PARTS = st.tuples(st.integers(0, 3), st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1))


@given(PARTS, PARTS)
def test_places_sort_by_time_and_then_by_id(first: tuple[int, str], second: tuple[int, str]) -> None:
    one, other = (
        layout.place(of(event_time=f"2026-11-20T21:35:00.00000{time}Z", event_id=event_id[:128]))
        for time, event_id in (first, second)
    )
    assert (one < other) == ((first[0], first[1][:128]) < (second[0], second[1][:128]))
    assert one < layout.last_place(layout.event_time(one))
    assert (other <= layout.last_place(layout.event_time(one))) == (second[0] <= first[0])


def test_an_entity_s_key_gives_its_id_back() -> None:
    assert layout.entity_id(layout.entity_key("publisher", "a#b")) == "a#b"
