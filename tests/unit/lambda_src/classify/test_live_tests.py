"""Tests classify/live_tests.py: whether a test runs, and what it chooses for each text."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from contracts.ab_tests.live import CHALLENGER, CHAMPION
from lambda_src.classify.live_tests import READ_AGAIN_SECONDS, LiveTests
from lambda_src.common import dynamodb
from tests.tables import make_table
from tests.unit.lambda_src.classify.live import CHALLENGED, TEST, changed, texts_of


class Table:
    """The request log's table; counts the reads, and can fail."""

    def __init__(self):
        self.client = boto3.client("dynamodb")
        make_table(self.client, "requests", request_id="S", position="N")
        self.reads, self.fails = 0, False

    def get_item(self, **request):
        self.reads += 1
        if self.fails:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")
        return self.client.get_item(**request)

    def put(self, test):
        self.client.put_item(TableName="requests", Item=dynamodb.item(test))

    def clear(self):
        key = dynamodb.item({"request_id": TEST["request_id"], "position": TEST["position"]})
        self.client.delete_item(TableName="requests", Key=key)


@pytest.fixture
def table(account):
    return Table()


@pytest.fixture
def clock():
    return [1_000_000_000.0]


@pytest.fixture
def tests(table, logger, clock):
    return LiveTests(table, table="requests", logger=logger, now=lambda: clock[0])


def test_without_a_test_nothing_is_chosen(tests):
    assert tests.assign(("a",), key_id="k") is None


def test_each_text_has_its_variant_however_it_is_spelt(table, tests):
    table.put(TEST)
    [ours, theirs] = [texts_of(CHAMPION, 1)[0], CHALLENGED[0]]
    chosen = tests.assign((ours, theirs, f"  {theirs} "), key_id="k")
    assert chosen.variants == (CHAMPION, CHALLENGER, CHALLENGER) and chosen.challenged() == [1, 2]
    assert chosen.units[1] == chosen.units[2] != chosen.units[0]
    assert all(len(unit) == 16 for unit in chosen.units)
    # Another caller's texts are divided alike.
    assert tests.assign((theirs,), key_id="other").units == (chosen.units[1],)


def test_a_key_gets_one_model_for_all_its_texts(table, tests):
    table.put(changed(unit="key"))
    chosen = [tests.assign(tuple("abcdefgh"), key_id=f"key{number}") for number in range(40)]
    assert {len(set(each.variants)) for each in chosen} == {len(set(each.units)) for each in chosen} == {1}
    assert {each.variants[0] for each in chosen} == {CHAMPION, CHALLENGER}


def test_the_item_is_read_every_few_seconds(table, tests, clock):
    assert [tests.assign(("a",), key_id="k") for _ in range(5)] == [None] * 5 and table.reads == 1
    table.put(TEST)
    clock[0] += READ_AGAIN_SECONDS
    assert tests.assign(("a",), key_id="k") is not None and table.reads == 2
    table.clear()
    assert tests.assign(("a",), key_id="k") is not None
    clock[0] += READ_AGAIN_SECONDS
    assert tests.assign(("a",), key_id="k") is None and table.reads == 3
    clock[0] -= 3600
    tests.assign(("a",), key_id="k")
    assert table.reads == 4


def test_a_failing_table_leaves_what_was_known(table, tests, clock):
    table.put(TEST)
    assert tests.assign(("a",), key_id="k") is not None
    table.fails = True
    clock[0] += READ_AGAIN_SECONDS
    assert tests.assign(("a",), key_id="k") is not None
    assert tests.assign(("a",), key_id="k") is not None and table.reads == 2


def test_after_its_end_a_test_chooses_nothing_even_if_its_item_is_still_there(table, tests, clock):
    table.put(changed(ends_at=int(clock[0]) + 2))
    assert tests.assign(("a",), key_id="k") is not None
    clock[0] += 2
    assert tests.assign(("a",), key_id="k") is None and table.reads == 1
