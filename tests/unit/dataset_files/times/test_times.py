"""Times as other systems write them, to within an hour; what has two readings is asked and never guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dataset_files.times import times


def read(*values: str, time_format: str = times.AUTO) -> list[str | None]:
    """As ISO 8601 to the minute."""
    done = times.read(values, time_format=time_format)
    return [
        None if each is None else datetime.fromtimestamp(each, UTC).strftime("%Y-%m-%dT%H:%M") for each in done.values
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2014-03-01", "2014-03-01T00:00"),
        ("20140301", "2014-03-01T00:00"),
        ("2014-03-01T10:30:00Z", "2014-03-01T10:30"),
        ("2014-03-01T10:30:00.123456789+02:00", "2014-03-01T08:30"),
        ("2014-03-01 10:30:00 +0200", "2014-03-01T08:30"),
        ("2014-03-01 10:30:00 UTC", "2014-03-01T10:30"),
        ("2014-03-01 10:30:00 EST", "2014-03-01T15:30"),
        ("2014/3/1 1:30 PM", "2014-03-01T13:30"),
        ("2014.03.01", "2014-03-01T00:00"),
        ("2014-03", "2014-03-01T00:00"),
        ("03/2014", "2014-03-01T00:00"),
        ("2014", "2014-01-01T00:00"),
        ("2014.0", "2014-01-01T00:00"),
        ("201403", "2014-03-01T00:00"),
        ("20140301103000", "2014-03-01T10:30"),
        ("20140301T103000", "2014-03-01T10:30"),
        ("31/12/2014", "2014-12-31T00:00"),
        ("12/31/2014 23:15", "2014-12-31T23:15"),
        ("25.12.2014", "2014-12-25T00:00"),
        ("5/5/2014", "2014-05-05T00:00"),
        ("1 March 2014", "2014-03-01T00:00"),
        ("March 1st, 2014 10:30 AM", "2014-03-01T10:30"),
        ("01-Mar-2014", "2014-03-01T00:00"),
        ("Sept. 2014", "2014-09-01T00:00"),
        ("Sat, 01 Mar 2014 10:30:00 -0500", "2014-03-01T15:30"),
        ("Sat Mar 01 10:30:00 +0000 2014", "2014-03-01T10:30"),
        ("1393669800", "2014-03-01T10:30"),
        ("1393669800.25", "2014-03-01T10:30"),
        ("1.3936698e9", "2014-03-01T10:30"),
        ("1393669800123", "2014-03-01T10:30"),
        ("1393669800123456", "2014-03-01T10:30"),
        ("1393669800123456789", "2014-03-01T10:30"),
        ("-315619200", "1960-01-01T00:00"),
        ("31536000", "1971-01-01T00:00"),
    ],
)
def test_forms(value: str, expected: str) -> None:
    assert read(value, value, "") == [expected, expected, None]


EMPTY = ["", "NULL", "null", "None", "NaN", "NaT", "N/A", "\\N", "-", "0", "0000-00-00", "0000-00-00 00:00:00"]
NUMBERS = ["-62135596800", "-62135596800000", "-9223372036854775808", "-9.223372036854776e+18"]  # .NET's, numpy's
STARTS = ["1970-01-01", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00", "9999-12-31", "1899-12-30", "1900-01-01"]


@pytest.mark.parametrize("value", [*EMPTY, *NUMBERS, *STARTS, "1753-01-01"])
def test_empty_times_of_other_systems_are_none(value: str) -> None:
    done = times.read([value, "2014-03-01", "1393669800"])
    assert (done.values[0], done.empty, done.unread, done.question) == (None, 1, [], "")


def test_a_column_s_numbers_are_what_most_of_them_are() -> None:
    assert read("2013", "1970", "2014", "20140301") == [
        "2013-01-01T00:00", "1970-01-01T00:00", "2014-01-01T00:00", None,
    ]  # fmt: skip
    assert read("1393669800", "1393669800000", "1393669800000000")[0] == "2014-03-01T10:30"
    assert read("1393669800", "1393669801", "5") == ["2014-03-01T10:30", "2014-03-01T10:30", "1970-01-01T00:00"]


@pytest.mark.parametrize(
    ("values", "settings"),
    [
        (["3/4/2014", "5/6/2014"], {"day_first": "2014-04-03T00:00", "month_first": "2014-03-04T00:00"}),
        (["3.4.2014 10:00"], {"day_first": "2014-04-03T10:00", "month_first": "2014-03-04T10:00"}),
        (["13/4/2014", "4/13/2014"], {"day_first": "2014-04-13T00:00"}),
        (["3/4/14"], {"day_first": "2014-04-03T00:00"}),
        (["25/12/14"], {"day_first": "2014-12-25T00:00"}),
        (["41699.5", "41700"], {"excel": "2014-03-01T12:00", "seconds": "1970-01-01T11:34"}),
        (["1", "2"], {"seconds": "1970-01-01T00:00"}),
        (["7200000"], {"milliseconds": "1970-01-01T02:00"}),
    ],
)
def test_what_has_two_readings_asks_for_the_setting(values: list[str], settings: dict[str, str]) -> None:
    done = times.read(values)
    assert done.values == [None] * len(values) and done.unread == []
    assert done.question.startswith("set data.dataset.time_format to ")
    for setting, expected in settings.items():
        assert setting in done.question
        assert read(*values, time_format=setting)[0] == expected
        assert times.read(values, time_format=setting).question == ""


def test_one_odd_day_does_not_undo_what_the_others_say() -> None:
    assert read(*["13/4/2014"] * 30, "4/5/2014", "4/13/2014")[-2:] == ["2014-05-04T00:00", None]


@pytest.mark.parametrize(
    "value", ["soon", "12:30", "Marching 2014", "2014-13-01", "31/02/2014x", "1e400", "2014-03-01T25:00"]
)
def test_what_is_no_time_is_named(value: str) -> None:
    done = times.read(["2014-03-01", value, "1393669800", "1393669801"])
    assert (done.values[1], done.unread) == (None, [1])


def test_times_may_be_left_out() -> None:
    assert times.read(["3/4/2014"], time_format=times.NONE) == times.Times([None])
