"""Tests authorizer/limits.py and authorizer/usage.py: a token bucket and a quota that many instances share."""

from __future__ import annotations

import random

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from lambda_src.authorizer.limits import SECOND, Limits, Used
from lambda_src.authorizer.usage import Usage
from tests.tables import make_table

NOON = 1_795_262_400 * SECOND  # 2026-11-21 12:00:00 UTC
DAY = "2026-11-21"


class Clock:
    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


@pytest.fixture
def table(account):
    dynamodb = boto3.client("dynamodb")
    make_table(dynamodb, "usage", key_id="S", day="S")
    return dynamodb


class Counting:
    """The client, with its calls counted."""

    def __init__(self, dynamodb):
        self.dynamodb = dynamodb
        self.calls = 0

    def update_item(self, **call):
        self.calls += 1
        return self.dynamodb.update_item(**call)


def instances(dynamodb, clock, number=1):
    unknown: list[Exception | None] = []
    made = [Usage(dynamodb, table="usage", uncounted=unknown.append, microseconds=clock) for _ in range(number)]
    return made, unknown


def let_through(usage, limits, times):
    return sum(usage.take("k", limits).verdict == "ok" for _ in range(times))


@pytest.mark.parametrize("number", [1, 7])
def test_instances_together_let_through_a_burst_and_then_the_rate(table, number):
    clock = Clock()
    made, unknown = instances(table, clock, number)
    limits = Limits(rate=10, burst=25)
    chosen = random.Random(1)
    assert sum(let_through(chosen.choice(made), limits, 1) for _ in range(60)) == 25
    for _ in range(10):
        clock.move(0.5)
        assert sum(let_through(chosen.choice(made), limits, 1) for _ in range(12)) == 5
    clock.move(60)
    assert sum(let_through(chosen.choice(made), limits, 1) for _ in range(60)) == 25
    assert unknown == []


def test_what_trickles_below_the_rate_is_never_refused(table):
    clock = Clock()
    [one, other], _ = instances(table, clock, 2)
    limits = Limits(rate=10, burst=1)
    for turn in range(40):
        assert (one, other)[turn % 2].take("k", limits).verdict == "ok"
        clock.move(0.1)


def test_a_quota_is_exact_and_begins_anew_at_midnight(table):
    clock = Clock()
    made, _ = instances(table, clock, 3)
    limits = Limits(rate=100, burst=100, daily_quota=10)
    assert sum(let_through(made[turn % 3], limits, 1) for turn in range(30)) == 10
    refused = made[0].take("k", limits)
    assert (refused.verdict, refused.remaining, refused.retry_after) == ("quota-exceeded", 0, 12 * 3600)
    clock.move(12 * 3600)
    assert sum(let_through(made[turn % 3], limits, 1) for turn in range(30)) == 10


def test_an_item_is_a_keys_day_and_goes_by_itself(table):
    clock = Clock()
    [usage], _ = instances(table, clock)
    usage.take("k", Limits(rate=2, burst=4))
    usage.take("k", Limits(rate=2, burst=4))
    [item] = table.scan(TableName="usage")["Items"]
    assert (item["key_id"]["S"], item["day"]["S"], item["requests"]["N"]) == ("k", DAY, "2")
    assert int(item["full_at"]["N"]) == NOON + SECOND
    assert int(item["expires_at"]["N"]) == NOON // SECOND + 35 * 86_400


def test_a_request_costs_one_write_and_a_refused_one_none(table):
    clock = Clock()
    client = Counting(table)
    [usage], _ = instances(client, clock)
    limits = Limits(rate=10, burst=20)
    let_through(usage, limits, 20)
    assert client.calls == 20
    let_through(usage, limits, 50)
    assert client.calls == 20
    clock.move(60)
    let_through(usage, limits, 5)
    assert client.calls == 25


def test_an_instance_that_knows_nothing_needs_one_write_more_at_most(table):
    clock = Clock()
    made, _ = instances(table, clock, 2)
    limits = Limits(rate=10, burst=20, daily_quota=100)
    let_through(made[0], limits, 20)
    client = Counting(table)
    [late], _ = instances(client, clock)
    assert late.take("k", limits).verdict == "rate-exceeded"
    assert client.calls == 1
    clock.move(0.1)
    assert late.take("k", limits).verdict == "ok"
    assert client.calls == 2


def test_a_clock_that_runs_ahead_costs_no_more_than_its_error(table):
    clock, ahead = Clock(), Clock(NOON + SECOND // 5)
    [[one], _], [[other], _] = instances(table, clock), instances(table, ahead)
    limits = Limits(rate=10, burst=20)
    assert let_through(one, limits, 30) + let_through(other, limits, 30) == 20 + 2


class Failing:
    def __init__(self, *errors):
        self.errors = list(errors)
        self.calls = 0

    def update_item(self, **call):
        self.calls += 1
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        return {"Attributes": {"full_at": {"N": str(NOON + SECOND)}, "requests": {"N": "1"}}}


def test_a_silent_table_lets_through_by_the_instances_own_count():
    clock = Clock()
    client = Failing(*[ReadTimeoutError(endpoint_url="http://x")] * 100)
    [usage], unknown = instances(client, clock)
    limits = Limits(rate=10, burst=5)
    assert let_through(usage, limits, 20) == 5
    assert client.calls == 1  # one request waited for it; the others did not
    assert len(unknown) == 5 and sum(error is not None for error in unknown) == 1
    clock.move(2.1)
    usage.take("k", limits)
    assert client.calls == 2


def test_counting_goes_on_in_the_table_when_it_is_back(table):
    clock = Clock()
    client = Counting(table)
    [usage], unknown = instances(client, clock)
    client.dynamodb = Failing(ReadTimeoutError(endpoint_url="http://x"))
    usage.take("k", Limits(rate=1, burst=5))
    client.dynamodb = table
    clock.move(3)
    assert usage.take("k", Limits(rate=1, burst=5)).verdict == "ok"
    assert table.scan(TableName="usage")["Items"][0]["requests"]["N"] == "1"
    assert len(unknown) == 1


def test_a_closed_connection_is_tried_again_once():
    client = Failing(ConnectionClosedError(endpoint_url="http://x"))
    [usage], unknown = instances(client, Clock())
    assert usage.take("k", Limits(rate=1, burst=5)).verdict == "ok"
    assert (client.calls, unknown) == (2, [])


def test_known_keys_are_bounded(table, monkeypatch):
    monkeypatch.setattr("lambda_src.authorizer.usage._MAX_KNOWN", 3)
    [usage], _ = instances(table, Clock())
    for number in range(5):
        usage.take(f"k{number}", Limits(rate=1, burst=1))
    assert list(usage._known) == ["k2", "k3", "k4"]


def test_the_caller_is_told_of_what_less_is_left():
    limits = Limits(rate=10, burst=20, daily_quota=100)
    fresh = limits.standing(Used(DAY, NOON + SECOND // 10, 1), now=NOON)
    assert (fresh.limit, fresh.remaining, fresh.reset, fresh.retry_after) == (20, 19, 1, 0)
    nearly = limits.standing(Used(DAY, NOON + SECOND // 10, 95), now=NOON)
    assert (nearly.limit, nearly.remaining, nearly.reset) == (100, 5, 12 * 3600)
    refused = limits.standing(Used(DAY, NOON + 2 * SECOND, 95), now=NOON, verdict="rate-exceeded")
    assert (refused.limit, refused.remaining, refused.reset, refused.retry_after) == (20, 0, 2, 1)


def test_waiting_as_long_as_said_is_enough(table):
    clock = Clock()
    [usage], _ = instances(table, clock)
    limits = Limits(rate=3, burst=2)
    for _ in range(50):
        standing = usage.take("k", limits)
        if standing.verdict != "ok":
            clock.move(standing.retry_after)
            assert usage.take("k", limits).verdict == "ok"
