"""The benchmark's events come late as often as it says, and it knows what is right after them."""

from __future__ import annotations

from benchmarks.features import traffic
from contracts.features import event
from contracts.features.event import utc_now


def test_the_events_can_be_written_and_some_come_late() -> None:
    arriving = traffic.events(count=2_000, callers=50)
    assert len(event.checked_all(arriving, registry=traffic.registry(), now=utc_now())) == 2_000
    assert 50 < traffic.overtaken(arriving) < 400
    assert traffic.events(count=2_000, callers=50) == arriving


def test_the_newest_values_are_those_of_the_latest_event_not_of_the_last() -> None:
    arriving = traffic.events(count=500, callers=5)
    last = {each["entity_id"]: each["features"] for each in arriving}
    newest = traffic.newest(arriving)
    assert newest.keys() == last.keys()
    assert all(newest[one]["texts"] >= last[one]["texts"] for one in last)
    assert newest != last


def test_batches_have_all_events_in_their_order() -> None:
    arriving = traffic.events(count=103, callers=5)
    batches = list(traffic.batches(arriving, size=25))
    assert [len(batch) for batch in batches] == [25, 25, 25, 25, 3]
    assert [each for batch in batches for each in batch] == arriving
