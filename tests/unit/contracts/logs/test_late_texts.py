"""Places of texts that came late, and the items that say when."""

from __future__ import annotations

import itertools

import pytest

from contracts.logs import request_log

TIME = "2026-11-20T21:35:00.123Z"


def places(position: int) -> list[str]:
    """All places that a text of this position can have, in their order."""
    known = [
        request_log.place_of(TIME, "r", position, uncertain=uncertain, challenged=challenged)
        for uncertain, challenged in itertools.product((False, True), repeat=2)
    ]
    return sorted([*known, *map(request_log.late, known)])


def test_a_late_text_keeps_its_place_in_the_order() -> None:
    known = [places(position) for position in (63, 2, 1, 0)]
    assert list(itertools.chain(*known)) == sorted(itertools.chain(*known))
    for each in itertools.chain(*known):
        assert request_log.is_place(each) and request_log.time_of(each) == TIME
        assert request_log.is_late(request_log.late(each))
        assert request_log.late(request_log.late(each)) == request_log.late(each)
    said = [[is_so(each) for each in places(1)] for is_so in (request_log.is_late, request_log.is_uncertain)]
    said.append([request_log.is_challenged(each) for each in places(1)])
    assert sorted(zip(*said, strict=True)) == sorted(itertools.product((False, True), repeat=3))


@pytest.mark.parametrize("place", places(1))
def test_before_a_place_are_exactly_the_older_ones(place: str) -> None:
    bound = request_log.before(place)
    assert all(older <= bound for older in places(2)) and all(same > bound for same in places(1))


def test_the_item_that_says_when_a_text_came_names_it_and_is_in_no_partition_of_texts() -> None:
    item = request_log.late_item("JKJaXmPLvHcESHA=", 7, arrived="2026-11-21T03:00:00.000Z", expires_at=5)
    assert request_log.late_text(item) == ("JKJaXmPLvHcESHA=", 7)
    assert not request_log.is_request_id(item["request_id"])
    assert item["day_shard"] == request_log.late_partition("2026-11-21")
    texts = request_log.index_attributes(
        request_id="r", position=0, time="2026-11-21T03:00:00.000Z", key_id="k", shards=1
    )
    assert item["day_shard"] != texts["day_shard"] and "key_shard" not in item
    assert request_log.is_place(item["place"]) and item["place"].startswith("2026-11-21T03:00:00.000Z")
