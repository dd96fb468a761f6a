"""The log as a look reads it: in order, page by page, with what DynamoDB leaves undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contracts.logs import logged_labels, request_log
from lambda_src.common import dynamodb, logged_days
from lambda_src.drift import log
from tests.unit.lambda_src.drift.world import NOW, SHARDS, World

UNTIL = "2026-11-20T12:00:00.000Z"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(log.time, "time", NOW.timestamp)


def read(world: World, *, after: str = "2026-11-17") -> list[str]:
    found = log.Log(world.table, table="requests", shards=1).requests(after=after, until=UNTIL)
    return [item["place"] for request in found for item in request]


def test_all_shards_are_one_order_however_small_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logged_days, "_FEWEST", 2)
    monkeypatch.setattr(log, "_HELD", 2)
    world = World()
    for number in range(30):
        world.logs(f"r{number:02d}", ["arts"] * (number % 7 + 1), at=NOW - timedelta(hours=2 * number + 1))
    world.table.write(request_log.shards_item(SHARDS, expires_at=int(NOW.timestamp()) + 86_400))
    places = read(world)
    assert len(places) == sum(number % 7 + 1 for number in range(30)) and places == sorted(places)
    half = places[len(places) // 2]
    assert read(world, after=half) == [place for place in places if place > half]


def test_as_many_shards_are_read_as_were_ever_written_to() -> None:
    world = World()
    world.logs("r", ["arts"] * 9, at=NOW - timedelta(hours=1))
    assert len(read(world)) < 9
    world.table.write(request_log.shards_item(SHARDS, expires_at=int(NOW.timestamp()) + 86_400))
    assert len(read(world)) == 9


def test_a_text_that_has_expired_is_gone() -> None:
    world = World()
    world.logs("r", ["arts"], at=NOW - timedelta(days=31))
    reader = log.Log(world.table, table="requests", shards=SHARDS)
    assert reader.texts([("r", 0), ("unknown", 0)]) == {}


class Busy:
    """Answers some keys at a time, as DynamoDB may; `left`: for how many calls."""

    def __init__(self, world: World, *, calls: int) -> None:
        self._table, self._left = world.table, calls

    def batch_get_item(self, *, RequestItems: Any) -> dict[str, Any]:
        [(table, request)] = RequestItems.items()
        if self._left:
            self._left -= 1
            some, rest = request["Keys"][:1], request["Keys"][1:]
            answer = self._table.batch_get_item(RequestItems={table: {**request, "Keys": some}})
            return {**answer, "UnprocessedKeys": {table: {**request, "Keys": rest}} if rest else {}}
        return self._table.batch_get_item(RequestItems=RequestItems)


def test_keys_that_dynamodb_leaves_are_asked_for_again() -> None:
    world = World()
    world.logs("r", ["arts"] * 5, at=NOW - timedelta(hours=1))
    keys = [("r", position) for position in range(5)]
    assert set(log.Log(Busy(world, calls=3), table="requests", shards=1).texts(keys)) == set(keys)


def test_a_table_that_stays_busy_ends_the_look() -> None:
    world = World()
    world.logs("r", ["arts"] * 9, at=NOW - timedelta(hours=1))
    with pytest.raises(log.BusyError, match="left 3 of 9 texts unread"):
        log.Log(Busy(world, calls=99), table="requests", shards=1).texts([("r", position) for position in range(9)])


class Sample:
    """A day's sample, of which a page has at most `a_page` texts, as it does when they fill a megabyte."""

    def __init__(self, texts: int, *, a_page: int) -> None:
        self._texts, self._a_page = texts, a_page
        self.read = 0

    def query(self, *, ExclusiveStartKey: Any = None, **_: Any) -> dict[str, Any]:
        assert ExclusiveStartKey == (self.read or None)
        page = range(self.read, min(self._texts, self.read + self._a_page))
        self.read = page.stop
        given = {"ana": {"first": "arts", "label": "arts", "times": 1, "time": UNTIL}}
        items = [dynamodb.item({"position": number, "given": given}) for number in page]
        answer = {"Items": items, "ScannedCount": len(page)}
        return {**answer, "LastEvaluatedKey": self.read} if self.read < self._texts else answer


@pytest.mark.parametrize(("texts", "read"), [(90, 90), (300, 200)])
def test_the_sample_is_read_to_its_end_or_to_the_most_however_small_the_pages(
    monkeypatch: pytest.MonkeyPatch, texts: int, read: int
) -> None:
    monkeypatch.setattr(log, "MOST_SAMPLED", 200)
    sample = Sample(texts, a_page=20)
    found = log.Log(sample, table="requests", shards=1).labelled("v", since=UNTIL, until=UNTIL)
    assert [item["position"] for item in found] == list(range(read))
    assert sample.read == read


def test_probabilities_have_their_labels() -> None:
    item: Any = {"labels_id": "#labels#1", "packed_probabilities": logged_labels.pack((0.7, 0.3))}
    assert log.probabilities(item, {"#labels#1": ["a", "b"]}) == {"a": 0.7, "b": 0.3}
    assert log.probabilities(item, {}) == log.probabilities({}, {"#labels#1": ["a"]}) == {}
