"""Values as of a time are read no further than needed, and a value that has ended hides older ones."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.features import point_in_time, registry
from contracts.features.layout import Past

FEATURES = registry.parse(
    {
        "features": [
            {"name": "short", "entity": "caller", "type": "integer", "source": "labels", "time_to_live": 60},
            {"name": "long", "entity": "caller", "type": "integer", "source": "labels", "time_to_live": 600},
            {"name": "ever", "entity": "caller", "type": "integer", "source": "labels"},
        ]
    }
).features
SHORT, LONG, EVER = FEATURES


def at(minute: int, second: int = 0) -> str:
    return f"2026-11-20T21:{minute:02d}:{second:02d}.000000Z"


def past(minute: int, written: str = "", **values: object) -> Past:
    return Past(f"{at(minute)}#e", values, written or at(minute))


def read(history: list[Past], **options: object) -> tuple[list[dict[str, object]], int]:
    """The values, and how many events were read."""
    count = 0

    def counting() -> Iterator[Past]:
        nonlocal count
        for each in point_in_time.newest_first(history):
            count += 1
            yield each

    return point_in_time.values_as_of(counting(), **options), count  # type: ignore[arg-type, return-value]


def test_an_event_at_the_very_time_counts_and_one_just_after_does_not() -> None:
    answers, _ = read([past(5, ever=1), past(6, ever=2)], times=[at(6), at(5, 59), at(4, 59)], features=[EVER])
    assert answers == [{"ever": 2}, {"ever": 1}, {}]


def test_the_history_is_read_until_everything_is_found() -> None:
    history = [past(minute, ever=minute, long=minute) for minute in range(10)]
    answers, count = read(history, times=[at(9), at(7)], features=[EVER, LONG])
    assert answers == [{"ever": 9, "long": 9}, {"ever": 7, "long": 7}]
    assert count == 3


def test_the_history_is_read_until_no_value_can_be_alive() -> None:
    history = [past(minute, long=minute) for minute in range(10)]
    answers, count = read(history, times=[at(9)], features=[SHORT])
    assert answers == [{}]
    assert count == 3


def test_a_value_that_has_ended_hides_older_ones() -> None:
    history = [past(5, short=2), past(4, short=1)]
    assert read(history, times=[at(5, 59), at(6)], features=[SHORT])[0] == [{"short": 2}, {}]


def test_a_value_of_another_type_hides_older_ones() -> None:
    assert read([past(5, ever="2"), past(4, ever=1)], times=[at(6)], features=[EVER])[0] == [{}]


def test_the_same_time_twice_gets_the_same_answer() -> None:
    answers, _ = read([past(5, ever=1)], times=[at(6), at(6)], features=[EVER])
    assert answers == [{"ever": 1}, {"ever": 1}]
    answers[0]["ever"] = 2
    assert answers[1] == {"ever": 1}


def test_nothing_is_read_without_times_or_features() -> None:
    assert read([past(5, ever=1)], times=[], features=[EVER]) == ([], 0)
    assert read([past(5, ever=1)], times=[at(6)], features=[]) == ([{}], 0)


def test_what_was_written_later_was_not_known() -> None:
    history = [past(5, ever=1), past(4, ever=3), past(6, written=at(30), ever=2)]
    assert read(history, times=[at(7)], features=[EVER])[0] == [{"ever": 2}]
    assert read(history, times=[at(7)], features=[EVER], as_known=True)[0] == [{"ever": 1}]
