"""The queue's texts about which two models disagree: blind, in the test's order, each once."""

from __future__ import annotations

import json

import boto3
import pytest

from contracts.ab_tests import record
from lambda_src.labelling import handler
from lambda_src.labelling.disagreements import Disagreements
from lambda_src.labelling.labeller import Labeller
from lambda_src.labelling.queue import POOL
from tests.unit.lambda_src.labelling.world import LABELS, answer


@pytest.fixture
def asks(world):
    """Writes the record of a test that asks for texts of the log."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="artifacts")

    def write(*keys, phase=record.RUNNING, labelled=()):
        found = [
            {
                **{"request_id": request_id, "position": position, "place": place},
                "label": "Health" if request_id in labelled else "",
            }
            for place, (request_id, position) in enumerate(keys)
        ]
        test = {"test_id": "t1", "phase": phase, "disagreements": found}
        s3.put_object(Bucket="artifacts", Key=record.CURRENT, Body=json.dumps(test).encode())
        handler._tests.cache_clear()

    return write


def logged(world, *names, **more):
    for name in names:
        world.asked(name, (f"A text about {name}", answer("Health", 0.8)), **{"audited": False, **more})


def samples(document):
    return {one["request_id"]: one["sample"] for one in document["texts"]}


def test_they_are_asked_about_like_any_other_text(world, queue, asks):
    logged(world, "r1", "r2", "r3")
    asks(("r1", 0), ("r2", 0))
    document = queue()
    assert samples(document) == {"r1": "disagreement", "r2": "disagreement", "r3": "uncertain"}
    assert document["label_lists"] == [sorted(LABELS)]
    assert {name for one in document["texts"] for name in one} == {
        *("request_id", "position", "text", "sample", "shared", "label_list")
    }


def test_in_the_tests_order_and_only_those_that_are_asked_for_now(world, queue, asks):
    names = [f"r{number:03}" for number in range(record.WINDOW + 20)]
    logged(world, *names)
    asks(*((name, 0) for name in names))
    assert set(samples(queue(limit=4))) < set(names[: 4 * POOL])
    found = [name for name, sample in samples(queue(limit=100)).items() if sample == "disagreement"]
    assert sorted(found) == names[:100]


class Asked:
    """A test that asks for texts of a log, in memory."""

    def __init__(self, count, *, labelled=()):
        self.names = [f"r{number:03}" for number in range(count)]
        self.labelled = set(labelled)

    def running(self):
        found = [
            {"request_id": name, "position": 0, "place": place, "label": "A" if name in self.labelled else ""}
            for place, name in enumerate(self.names)
        ]
        return {"test_id": "t1", "phase": record.RUNNING, "disagreements": found}

    def texts(self, keys):
        return [
            {"request_id": name, "position": 0, "text": name, "label": "A", "labels": ["A", "B"]} for name, _ in keys
        ]

    def get(self, name, *, count=20, hour=0):
        source = Disagreements(texts=self, tests=self, now=lambda: 3_600 * hour)
        return {one.item["request_id"] for one in source(Labeller(key_id="k", name=name), [], count)}


def test_two_labellers_at_work_get_different_ones():
    asked = Asked(record.WINDOW)
    common = []
    for number in range(50):
        mine, others = asked.get(f"ana{number}"), asked.get(f"ben{number}")
        assert len(mine) == len(others) == 20 and mine == asked.get(f"ana{number}")  # when the page is loaded again
        common.append(len(mine & others))
    assert 8 <= sum(common) / 50 <= 13 and max(common) < 20


def test_what_comes_first_in_the_test_waits_for_little():
    asked = Asked(400)
    for _ in range(4):
        asked.labelled |= asked.get("ana")
    assert set(asked.names[:20]) <= asked.labelled


def test_what_people_pass_over_does_not_fill_the_queue():
    """Three of four texts cannot be labelled by anybody. As on the page, what was skipped is asked for besides."""
    asked = Asked(800)
    easy, skipped = set(asked.names[::4]), set[str]()
    for hour in range(60):
        shown = asked.get("ana", count=min(100, 20 + len(skipped)), hour=hour) - skipped
        skipped = skipped | (shown - easy) if shown else set()
        asked.labelled |= shown & easy
    assert len(asked.labelled) > 150


def test_a_label_of_a_key_that_is_not_trusted_takes_a_text_from_nobody_else(world, queue, give, asks):
    logged(world, "r1")
    asks(("r1", 0))
    give("r1", "Science", labeller="mallory", trusted="", sample="disagreement")
    assert samples(queue(labeller="mallory")) == {}
    assert samples(queue(labeller="ana")) == {"r1": "disagreement"}


def test_what_is_labelled_or_gone_is_not_asked_for(world, queue, give, asks):
    logged(world, "r1", "r2", "r3")
    asks(("r1", 0), ("r2", 0), ("gone", 0), ("r3", 0), labelled={"r3"})
    give("r1", "Science", sample="disagreement")
    assert samples(queue()) == {"r2": "disagreement", "r3": "uncertain"}
    assert [event["sample"] for event in world.events()] == ["disagreement"]


def test_those_whose_turn_comes_later_are_not_labelled_for_another_reason(world, queue, asks, monkeypatch):
    monkeypatch.setattr(record, "WINDOW", 2)
    logged(world, "r1", "r2", "r3", "other")
    asks(("r1", 0), ("r2", 0), ("r3", 0))
    assert samples(queue()) == {"r1": "disagreement", "r2": "disagreement", "other": "uncertain"}


def test_half_is_still_of_the_audit_sample(world, queue, asks):
    logged(world, *(f"a{number}" for number in range(6)), audited=True)
    logged(world, *(f"r{number}" for number in range(6)))
    asks(*((f"r{number}", 0) for number in range(6)))
    assert sorted(samples(queue(limit=6)).values()) == ["audit"] * 3 + ["disagreement"] * 3


@pytest.mark.parametrize("phase", [record.STARTING, record.CLASSIFYING, record.ENDING, record.ENDED])
def test_only_while_labels_decide(world, queue, asks, phase):
    logged(world, "r1")
    asks(("r1", 0), phase=phase)
    assert samples(queue()) == {"r1": "uncertain"}


def test_without_a_test_and_without_s3_the_queue_works(world, queue):
    logged(world, "r1")
    handler._tests.cache_clear()
    assert samples(queue()) == {"r1": "uncertain"}  # there is not even a bucket
    boto3.client("s3").create_bucket(Bucket="artifacts")
    assert samples(queue()) == {"r1": "uncertain"}
