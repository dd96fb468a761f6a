"""Commands write times as the functions do: the log's rows are compared by them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from lambda_src.common import times as of_functions
from ops import times


def test_a_moment_of_any_zone_is_written_as_the_functions_write_it() -> None:
    moment = datetime(2026, 11, 30, 15, 0, 0, 1999, tzinfo=timezone(timedelta(hours=2)))
    assert times.written(moment) == "2026-11-30T13:00:00.001Z" == of_functions.written(moment)
    assert times.written(moment.astimezone(UTC)) == times.written(moment)
