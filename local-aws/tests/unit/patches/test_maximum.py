"""Tests how a maximum throughput is used up."""

from __future__ import annotations

from local_aws.patches.dynamodb.maximum import Limit, Limits

TABLE = Limit(arn="arn:table", table="t", index="", kind="Write")
INDEX = Limit(arn="arn:table/index/i", table="t", index="i", kind="Write")


def test_a_maximum_is_filled_up_by_the_second_and_kept_for_one() -> None:
    now = [0.0]
    limits = Limits(clock=lambda: now[0])
    assert [limits.take(TABLE, 1, most=2) for _ in range(3)] == [True, True, False]
    now[0] = 0.5
    assert [limits.take(TABLE, 1, most=2) for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [limits.take(TABLE, 1, most=2) for _ in range(3)] == [True, True, False]


def test_a_large_call_is_allowed_and_paid_for_later() -> None:
    now = [0.0]
    limits = Limits(clock=lambda: now[0])
    assert limits.take(TABLE, 5, most=1)
    now[0] = 3.9
    assert not limits.take(TABLE, 1, most=1)
    now[0] = 4.1
    assert limits.take(TABLE, 1, most=1)


def test_each_table_index_and_maximum_counts_separately() -> None:
    limits = Limits(clock=lambda: 0.0)
    assert limits.take(TABLE, 1, most=1) and not limits.take(TABLE, 1, most=1)
    assert limits.take(INDEX, 1, most=1)
    assert limits.take(TABLE, 1, most=2)
