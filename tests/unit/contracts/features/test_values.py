"""The types of features, and times that sort as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.features import values
from contracts.features.values import FeatureError

TIMES = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))


@given(TIMES, TIMES)
def test_times_sort_as_text_as_they_do_in_time(first: datetime, second: datetime) -> None:
    try:
        one, other = values.time_text(first), values.time_text(second)
    except OverflowError:  # the first and last hours of all years have no UTC
        return
    assert (one < other) == (first < second)
    assert len(one) == values.TIME_LENGTH
    assert values.time_of(one) == first
    assert values.time_text(one) == one


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("2026-11-20T21:35:00Z", "2026-11-20T21:35:00.000000Z"),
        ("2026-11-20T21:35:00.123Z", "2026-11-20T21:35:00.123000Z"),
        ("2026-11-20T21:35:00.123456+00:00", "2026-11-20T21:35:00.123456Z"),
    ],
)
def test_the_project_s_forms_of_a_time_are_taken(given_text: str, kept: str) -> None:
    assert values.time_text(given_text) == kept


@pytest.mark.parametrize(
    "bad", ["2026-11-20", "2026-11-20T21:35:00", "2026-11-20T21:35:00+01:00", "2026-13-20T21:35:00Z", 5, None]
)
def test_other_forms_are_refused_with_an_example(bad: Any) -> None:
    with pytest.raises(FeatureError, match=r"write it like 2026-11-20T21:35:00.123456Z"):
        values.time_text(bad)


def test_a_time_before_all_times_is_the_first() -> None:
    assert values.earlier("0001-01-01T00:00:10.000000Z", seconds=11) == "0001-01-01T00:00:00.000000Z"
    assert values.earlier("2026-03-01T00:00:00.000000Z", seconds=1) == "2026-02-28T23:59:59.000000Z"


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("integer", -(2**63), -(2**63)),
        ("float", 3, 3.0),
        ("float", -0.0, 0.0),
        ("float", 9.99e125, 9.99e125),
        ("string", "", ""),
        ("string", "ä" * 512, "ä" * 512),
        ("boolean", False, False),
        ("timestamp", "2026-11-20T21:35:00Z", "2026-11-20T21:35:00.000000Z"),
    ],
)
def test_a_value_is_kept_with_its_type(kind: values.Type, value: Any, stored: Any) -> None:
    kept = values.checked(kind, value)
    assert (kept, type(kept), str(kept)) == (stored, type(stored), str(stored))
    assert values.restored(kind, kept) == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", 1.0),
        ("integer", True),
        ("integer", 2**63),
        ("float", True),
        ("float", float("inf")),
        ("float", 1e-131),
        ("float", 1e126),
        ("float", 10**400),
        ("string", 1),
        ("string", "ä" * 513),
        ("string", "\ud800"),
        ("boolean", 1),
        ("boolean", None),
        ("timestamp", 1_700_000_000),
    ],
)
def test_a_value_of_another_type_is_refused(kind: values.Type, value: Any) -> None:
    with pytest.raises(FeatureError):
        values.checked(kind, value)


def test_what_was_stored_with_another_type_is_not_given() -> None:
    assert values.restored("integer", "3") is None
    assert values.restored("boolean", 1) is None
    assert values.restored("float", 3) == 3.0
