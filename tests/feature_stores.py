"""What every feature store must do, wherever it keeps features: subclasses name the store by a fixture `made`."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.features import registry as registries
from contracts.features.registry import Registry
from contracts.features.values import FeatureError, time_text
from lambda_src.common.features.store import FeatureStore, WriteResult

# Today: a MongoDB server deletes by its own clock what has ended by then.
NOW = datetime.now(UTC).replace(microsecond=0)
TEXT = "ab" * 32
REGISTRY = registries.parse(
    {
        "features": [
            {"name": "texts", "entity": "caller", "type": "integer", "source": "request_log", "time_to_live": 3600},
            {"name": "share", "entity": "caller", "type": "float", "source": "labels", "time_to_live": 7200},
            {"name": "tier", "entity": "caller", "type": "string", "source": "request_log"},
            {"name": "trusted", "entity": "caller", "type": "boolean", "source": "feedback"},
            {"name": "seen_at", "entity": "caller", "type": "timestamp", "source": "request_log"},
            {"name": "prior", "entity": "publisher", "type": "float", "source": "labels", "time_to_live": 86_400},
            {"name": "labels", "entity": "text", "type": "integer", "source": "labels"},
        ]
    }
)


@dataclass
class Clock:
    """A clock that stands still."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Made:
    """A store and the clock that it was made with."""

    store: FeatureStore
    clock: Clock
    other: Callable[[], FeatureStore] = field(repr=False)


def at(minutes: float) -> str:
    """So many minutes after NOW."""
    return time_text(NOW + timedelta(minutes=minutes))


def event(minutes: float, *, one: str = "k1", event_id: str = "e", **features: Any) -> dict[str, Any]:
    """An event of a caller."""
    return {
        "entity": "caller",
        "entity_id": one,
        "features": features,
        "event_time": at(minutes),
        "event_id": event_id,
    }


def expected(events: list[dict[str, Any]], *, one: str, time: str, registry: Registry = REGISTRY) -> dict[str, Any]:
    """The values of a caller at a time, by looking at all events."""
    values: dict[str, Any] = {}
    for name, feature in registry.of("caller").items():
        known = [each for each in events if each["entity_id"] == one and name in each["features"]]
        past = [each for each in known if each["event_time"] <= time]
        if not past:
            continue
        latest = max(past, key=lambda each: (each["event_time"], each["event_id"]))
        age = datetime.fromisoformat(time) - datetime.fromisoformat(latest["event_time"])
        if feature.time_to_live is None or age < timedelta(seconds=feature.time_to_live):
            values[name] = latest["features"][name]
    return values


def many(count: int, *, seed: int, ids: int = 4) -> list[dict[str, Any]]:
    """Events in the three hours before NOW, in no order; some at the same time."""
    chance = random.Random(seed)
    makers: dict[str, Callable[[], Any]] = {
        "texts": lambda: chance.randrange(1000),
        "share": chance.random,
        "tier": lambda: chance.choice(["a", "b", ""]),
        "trusted": lambda: chance.random() < 0.5,
    }
    events = []
    for number in range(count):
        names = chance.sample(sorted(makers), chance.randrange(1, 4))
        values = {name: makers[name]() for name in names}
        one, minutes = f"k{chance.randrange(ids)}", -chance.randrange(180)
        events.append(event(minutes, one=one, event_id=f"e{number}", **values))
    return events


class Behaviour:
    """Tests of a FeatureStore."""

    def test_what_is_written_is_read_with_its_type(self, made: Made) -> None:
        values: dict[str, Any] = {"texts": 3, "share": 5.0, "tier": "", "trusted": False, "seen_at": at(-1)}
        assert made.store.write([event(-1, **values)]) == WriteResult(1, 0, 0, 0)
        read = made.store.read("caller", ["k1", "nobody"])
        assert read == {"k1": values, "nobody": {}}
        assert type(read["k1"]["share"]) is float
        assert made.store.read("caller", ["k1"], ["tier"]) == {"k1": {"tier": ""}}
        (at_once,) = made.store.read_as_of([("caller", "k1", at(0))])
        assert at_once == values
        assert type(at_once["share"]) is float

    def test_several_entities_are_read_together_as_each_is_alone(self, made: Made) -> None:
        publisher = {**event(-1, prior=0.5), "entity": "publisher", "entity_id": "k1"}
        text = {**event(-1, labels=2), "entity": "text", "entity_id": TEXT}
        made.store.write([event(-1, texts=3), event(-1, one="k2", share=0.5), publisher, text])
        ids = {"caller": ["k1", "k2", "nobody"], "publisher": ["k1"], "text": [TEXT]}
        together = made.store.read_all(ids)
        assert together == {entity: made.store.read(entity, known) for entity, known in ids.items()}
        assert (together["publisher"], together["text"]) == ({"k1": {"prior": 0.5}}, {TEXT: {"labels": 2}})
        assert made.store.read_all({}) == {}

    def test_a_late_older_event_never_replaces_a_newer_one(self, made: Made) -> None:
        made.store.write([event(-10, texts=2, tier="new")])
        assert made.store.write([event(-30, event_id="z", texts=1, tier="old")]) == WriteResult(0, 1, 0, 0)
        assert made.store.read("caller", ["k1"]) == {"k1": {"texts": 2, "tier": "new"}}
        assert made.store.read_as_of([("caller", "k1", at(-20))]) == [{"texts": 1, "tier": "old"}]

    def test_each_feature_has_its_own_newest_event(self, made: Made) -> None:
        made.store.write([event(-10, texts=2)])
        assert made.store.write([event(-30, texts=1, tier="a")]) == WriteResult(1, 0, 0, 0)
        assert made.store.read("caller", ["k1"]) == {"k1": {"texts": 2, "tier": "a"}}

    def test_of_two_events_at_one_time_the_id_decides_in_either_order(self, made: Made) -> None:
        first, second = event(-5, event_id="a", texts=1), event(-5, event_id="b", texts=2)
        assert made.store.write([first]).written + made.store.write([second]).written == 2
        other_way = [{**each, "entity_id": "k2"} for each in (second, first)]
        assert [made.store.write([each]) for each in other_way] == [WriteResult(1, 0, 0, 0), WriteResult(0, 1, 0, 0)]
        assert made.store.read("caller", ["k1", "k2"]) == {"k1": {"texts": 2}, "k2": {"texts": 2}}

    def test_writing_again_changes_nothing_and_an_event_is_never_changed(self, made: Made) -> None:
        both = [event(-5, texts=1), event(-4, event_id="f", texts=2)]
        made.store.write(both)
        assert made.store.write(both) == WriteResult(0, 0, 2, 0)
        assert made.store.write([event(-4, event_id="f", texts=9)]) == WriteResult(0, 0, 0, 1)
        assert made.store.read("caller", ["k1"]) == {"k1": {"texts": 2}}
        assert [past.features for past in made.store.history("caller", "k1")] == [{"texts": 2}, {"texts": 1}]

    def test_a_value_ends_with_its_time_to_live_online_and_in_the_past(self, made: Made) -> None:
        made.store.write([event(-59.99, texts=1, share=0.5, tier="a")])
        assert made.store.read("caller", ["k1"]) == {"k1": {"texts": 1, "share": 0.5, "tier": "a"}}
        made.clock.now = NOW + timedelta(minutes=0.01)
        assert made.store.read("caller", ["k1"]) == {"k1": {"share": 0.5, "tier": "a"}}
        rows = [("caller", "k1", at(minutes)) for minutes in (0, 0.01, 61)]
        assert [sorted(values) for values in made.store.read_as_of(rows)] == [
            ["share", "texts", "tier"],
            ["share", "tier"],
            ["tier"],
        ]

    def test_no_value_is_later_than_its_time(self, made: Made) -> None:
        """The leak test: each row of a training set against all events up to its time."""
        events = many(60, seed=1)
        made.store.write(events)
        rows = [("caller", f"k{number % 5}", at(-number * 4.5 - 0.5 * (number % 2))) for number in range(40)]
        rows += [("caller", each["entity_id"], each["event_time"]) for each in events[:20]]
        random.Random(2).shuffle(rows)
        assert made.store.read_as_of(rows) == [expected(events, one=one, time=time) for _, one, time in rows]

    def test_online_and_offline_answers_are_equal(self, made: Made) -> None:
        """The parity test, after batches in no order, some of them twice."""
        events = many(60, seed=3)
        for start in range(0, len(events), 30):
            made.store.write(events[start : start + 30])
        made.store.write(events[20:40])
        made.clock.now = NOW + timedelta(minutes=20)
        ids = [f"k{number}" for number in range(5)]
        online = made.store.read("caller", ids)
        offline = made.store.read_as_of([("caller", one, at(20)) for one in ids])
        assert [online[one] for one in ids] == offline
        assert offline == [expected(events, one=one, time=at(20)) for one in ids]

    def test_what_was_written_after_a_time_was_not_known_then(self, made: Made) -> None:
        made.store.write([event(-50, texts=1)])
        made.clock.now = NOW + timedelta(minutes=30)
        made.store.write([event(-40, event_id="late", texts=2)])
        row = ("caller", "k1", at(0))
        assert made.store.read_as_of([row]) == [{"texts": 2}]
        assert made.store.read_as_of([row], as_known=True) == [{"texts": 1}]

    def test_writers_at_the_same_time_leave_the_newest_values(self, made: Made) -> None:
        events = many(48, seed=5, ids=3)
        batches = [events[start : start + 8] for start in range(0, len(events), 8)]
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda batch: made.other().write(batch), batches))
        assert sum(result.written + result.stale for result in results) == len(events)
        ids = [f"k{number}" for number in range(3)]
        assert made.store.read("caller", ids) == {one: expected(events, one=one, time=at(0)) for one in ids}

    @pytest.mark.parametrize(
        ("bad", "words"),
        [
            ({"features": {"colour": 1}}, "names no feature 'colour' of a caller"),
            ({"features": {"texts": "3"}}, "'texts': '3' is not an integer"),
            ({"features": {"texts": True}}, "'texts': True is not an integer"),
            ({"features": {"share": float("nan")}}, "nan is not a number between"),
            ({"features": {"seen_at": "yesterday"}}, "not a time in UTC"),
            ({"features": {}}, "has no features"),
            ({"entity": "reader"}, "there is no entity 'reader'"),
            ({"entity": "text", "features": {"labels": 1}}, "64 hexadecimal digits, never the text itself"),
            ({"event_time": at(2)}, "more than 60 seconds ahead of the clock"),
            ({"event_id": "a b"}, "visible ASCII"),
            ({"entity_id": ""}, "not printable text"),
        ],
    )
    def test_a_bad_event_stops_the_whole_batch(self, made: Made, bad: dict[str, Any], words: str) -> None:
        good = event(-5, texts=1)
        with pytest.raises(FeatureError, match=r"^event 2 was not written, nor any other: .*") as raised:
            made.store.write([good, {**good, **bad}])
        assert words in str(raised.value)
        assert made.store.read("caller", ["k1"]) == {"k1": {}}
        assert list(made.store.history("caller", "k1")) == []

    def test_a_feature_that_is_not_registered_cannot_be_read(self, made: Made) -> None:
        with pytest.raises(FeatureError, match="names no feature 'colour'"):
            made.store.read("caller", ["k1"], ["colour"])
        with pytest.raises(FeatureError, match="names no feature 'colour'"):
            made.store.read_as_of([("caller", "k1", at(0))], ["colour"])
        with pytest.raises(FeatureError, match="not a time in UTC"):
            made.store.read_as_of([("caller", "k1", "now")])

    def test_rows_of_several_entities_are_read_in_their_order(self, made: Made) -> None:
        events = [
            event(-5, texts=1),
            {**event(-5, prior=0.25), "entity": "publisher", "entity_id": "süddeutsche zeitung"},
            {**event(-5, labels=2), "entity": "text", "entity_id": TEXT},
        ]
        made.store.write(events)
        rows = [(each["entity"], each["entity_id"], at(0)) for each in reversed(events)]
        assert made.store.read_as_of(rows) == [{"labels": 2}, {"prior": 0.25}, {"texts": 1}]
        assert made.store.read_as_of(rows, ["prior"]) == [{}, {"prior": 0.25}, {}]
        assert made.store.read_as_of([]) == []

    def test_the_history_has_each_event_within_its_bounds(self, made: Made) -> None:
        made.store.write([event(-minutes, event_id=f"e{minutes}", texts=minutes) for minutes in range(1, 6)])
        assert [past.features["texts"] for past in made.store.history("caller", "k1")] == [1, 2, 3, 4, 5]
        some = made.store.history("caller", "k1", since=at(-4), until=at(-2))
        assert [(past.event_time, past.written_at) for past in some] == [(at(-m), at(0)) for m in (2, 3, 4)]

    def test_what_is_deleted_is_gone_everywhere_and_nothing_else(self, made: Made) -> None:
        made.store.write([event(-number, event_id=f"e{number}", texts=number) for number in range(40)])
        made.store.write([event(-1, one="k1#", texts=7), event(-1, one="k", texts=8)])
        assert made.store.delete("caller", ["k1", "nobody"]) == 41
        assert made.store.read("caller", ["k1", "k1#", "k"]) == {"k1": {}, "k1#": {"texts": 7}, "k": {"texts": 8}}
        assert list(made.store.history("caller", "k1")) == []
        assert made.store.read_as_of([("caller", "k1", at(0)), ("caller", "k", at(0))]) == [{}, {"texts": 8}]
        assert made.store.delete("caller", ["k1"]) == 0
