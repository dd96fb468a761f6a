"""Tests durations as operators write them."""

from datetime import timedelta

import pytest

from ops.errors import USAGE, OpsError
from ops.terminal.durations import duration, seconds


@pytest.mark.parametrize(("value", "expected"), [("90s", 90), ("2m", 120), ("1h", 3600), ("45", 45)])
def test_seconds(value, expected):
    assert seconds(value, option="--duration") == expected


@pytest.mark.parametrize("supplied", ["soon", "0", "0s", "2d", "-1s", ""])
def test_other_seconds_are_refused(supplied):
    with pytest.raises(OpsError, match=r"^--duration .*: use for example 90s") as refused:
        seconds(supplied, option="--duration")
    assert refused.value.status == USAGE


@pytest.mark.parametrize(
    ("value", "expected"),
    [("30m", timedelta(minutes=30)), (" 12h ", timedelta(hours=12)), ("90d", timedelta(days=90))],
)
def test_durations(value, expected):
    assert duration(value, option="--expires") == expected


@pytest.mark.parametrize(
    ("supplied", "message"),
    [
        ("90", "is not a valid duration"),
        ("1y", "is not a valid duration"),
        ("0d", "not between 1 s"),
        ("522w", "ten years"),
    ],
)
def test_other_durations_are_refused(supplied, message):
    with pytest.raises(OpsError, match=f"^--expires .*{message}") as refused:
        duration(supplied, option="--expires")
    assert refused.value.status == USAGE


def test_the_least_is_the_callers():
    assert duration("0s", option="--grace", least=timedelta(0)) == timedelta(0)
