"""The queue: half from the audit sample by its random numbers, the rest by the model's uncertainty, in random order."""

from __future__ import annotations

import dataclasses
import random
from datetime import date, timedelta

import pytest

from contracts.logs import audit
from lambda_src.labelling.labeller import Labeller
from lambda_src.labelling.queue import POOL, Queue, Uncertain
from tests.unit.lambda_src.labelling.world import LABELS, answer

WORDS = ["market", "film", "doctor", "rocket", "bank", "singer", "vaccine", "planet", "court", "actor"]
TODAY = date(2026, 11, 20)


def text_of(number):
    return " ".join(random.Random(number).choices(WORDS, k=5)) + f" {number}"


def test_the_queue_shows_texts_and_labels_and_nothing_of_the_models_answer(world, queue):
    world.asked("r1", ("One story", answer("Health", 0.4)), ("Another story", answer("Science", 0.3)))
    world.asked("r2", ("A third", answer("Business", 0.35)), audited=False)
    document = queue()
    assert document["label_lists"] == [sorted(LABELS)]
    assert {one["text"]: one["sample"] for one in document["texts"]} == {
        "One story": "audit",
        "Another story": "audit",
        "A third": "uncertain",
    }
    assert {name for one in document["texts"] for name in one} == {
        *("request_id", "position", "text", "sample", "shared", "label_list")
    }


def test_the_order_is_the_labellers_own_and_stays(world, queue):
    world.asked("r1", *((text_of(n), answer("Health")) for n in range(12)))
    orders = [[one["position"] for one in queue(labeller=name)["texts"]] for name in ("ana", "ana", "ben")]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2]) != orders[0]


def test_what_somebody_labelled_is_left_out_but_the_shared_texts_come_to_all(world, queue, give):
    world.asked("r1", *((text_of(n), answer("Health")) for n in range(40)))
    world.asked("r2", *((text_of(100 + n), answer("Health", 0.5)) for n in range(5)), audited=False)
    texts = queue(limit=100)["texts"]
    assert len(texts) == 45
    shared = {one["position"] for one in texts if one["shared"]}
    assert shared == {n for n in range(40) if audit.is_shared("r1", n, share=0.2)} and 0 < len(shared) < 20
    for one in texts:
        give(one["request_id"], "Health", position=one["position"], labeller="ana")
    assert queue(limit=100, labeller="ana")["texts"] == []
    left = queue(limit=100, labeller="ben")["texts"]
    assert {(one["request_id"], one["position"]) for one in left} == {("r1", n) for n in shared}


def test_a_label_of_another_key_than_a_trusted_one_takes_a_text_from_nobody_else(world, queue, give):
    world.asked("r1", ("One story", answer("Health", 0.4)))
    world.asked("r2", ("Another story", answer("Health", 0.5)), audited=False)
    for name in ("r1", "r2"):
        give(name, "Science", labeller="mallory", trusted="")
    assert queue(labeller="mallory")["texts"] == []
    assert {one["request_id"] for one in queue(labeller="ana")["texts"]} == {"r1", "r2"}
    for name in ("r1", "r2"):
        give(name, "Health", labeller="ana")
    assert [one for one in queue(labeller="ben")["texts"] if not one["shared"]] == []


def test_half_is_from_the_sample_and_each_source_fills_in_for_the_other(world, queue):
    world.asked("r1", *((text_of(n), answer("Health")) for n in range(12)))
    assert [one["sample"] for one in queue(limit=10)["texts"]].count("audit") == 10
    world.asked("r2", *((text_of(100 + n), answer("Health", 0.5)) for n in range(12)), audited=False)
    for limit, wanted in ((10, 5), (1, 1), (7, 4)):
        samples = [one["sample"] for one in queue(limit=limit)["texts"]]
        assert (len(samples), samples.count("audit")) == (limit, wanted)
    assert [one["sample"] for one in queue(limit=20)["texts"]].count("uncertain") == 10


def test_texts_of_the_sample_are_never_chosen_for_their_uncertainty(world, queue):
    """Otherwise the labelled ones would be those that the model finds hard, and no random sample."""
    world.asked("r1", *((text_of(n), answer("Health", 0.26)) for n in range(30)))
    world.asked("r2", *((text_of(100 + n), answer("Health", 0.9)) for n in range(10)), audited=False)
    texts = queue(limit=20)["texts"]
    assert {one["request_id"] for one in texts if one["sample"] == "uncertain"} == {"r2"}
    numbers = sorted(audit.number("r1", n) for n in range(30))
    chosen = [audit.number("r1", one["position"]) for one in texts if one["sample"] == "audit"]
    assert len(chosen) == 10 and max(chosen) <= numbers[POOL * 20 - 1 if POOL * 20 < 30 else -1]


def test_days_before_the_queue_and_texts_that_are_gone_are_left_out(world, queue):
    world.asked("old", ("Long ago", answer("Health", 0.4)), ago=timedelta(days=9))
    world.asked("kept", ("Five days ago", answer("Health", 0.4)), ago=timedelta(days=5))
    world.asked("gone", ("Erased", answer("Health", 0.4)))
    world.dynamodb.delete_item(TableName="requests", Key={"request_id": {"S": "gone"}, "position": {"N": "0"}})
    world.asked("hashed", ("Never kept", answer("Health", 0.4)), keep_text="hash", audited=False)
    world.logs("failed", failed=2)
    world.asked("invisible", ("\u200b \u200b", answer("Health", 0.4)))
    assert [one["text"] for one in queue()["texts"]] == ["Five days ago"]


def test_texts_of_several_models_have_the_labels_of_their_own(world, queue):
    world.asked("r1", ("One story", answer("Health")))
    other = dataclasses.replace(answer("Science"), labels=("Science", "Arts", "Health", "Money"), model_version="v2")
    world.asked("r2", ("Another story", other))
    document = queue()
    lists = {one["request_id"]: document["label_lists"][one["label_list"]] for one in document["texts"]}
    assert lists == {"r1": sorted(LABELS), "r2": ["Arts", "Health", "Money", "Science"]}


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ({"limit": 0}, "`limit` is 0; it must be from 1 to 100"),
        ({"limit": 101}, "from 1 to 100"),
        ({"labeller": ""}, "`labeller` is empty"),
        ({"labeller": "\u200b"}, "no visible characters"),
        ({"sample": "audit"}, "`sample` is not a parameter"),
    ],
)
def test_what_is_wrong_with_a_query_is_said(world, call, query, part):
    assert part in call("GET", "/v1/queue", status=422, **query)["detail"]


class Sample:
    """A log with nothing but an audit sample, in memory."""

    def __init__(self, sampled):
        self.by_day = {TODAY.isoformat(): sorted(sampled, key=lambda one: one["position"])}

    def sample(self, day):
        return iter(self.by_day.get(day, []))

    def texts(self, keys):
        return [
            {"request_id": r, "position": p, "text": f"{r}#{p}", "label": "A", "labels": ["A", "B"]} for r, p in keys
        ]

    def shards(self):
        return 1

    def newest(self, day, *, shards, most):
        return []


def test_labelled_to_the_end_of_each_queue_the_sample_stays_random():
    """Three labellers take turns; what is labelled at any time has the model's accuracy of all texts.

    The model is right about 70 % of the texts, and uncertain exactly where it is wrong: a sample that followed its
    answers would be far off.
    """
    draw = random.Random(5)
    right = {f"request-{n}": draw.random() < 0.7 for n in range(3_000)}
    sampled = [{"position": audit.number(name, 0), "of_request": name, "of_position": 0} for name in right]
    log = Sample(sampled)
    queue = Queue(texts=log, days=1, shared_share=0.0, sources=(Uncertain(texts=log),))
    by_request = {one["of_request"]: one for one in sampled}
    labelled = []
    for turn in range(30):
        labeller = Labeller(key_id=f"key{turn % 3}")
        for one in queue.document(labeller, limit=20, today=TODAY)["texts"]:
            by_request[one["request_id"]]["given"] = {labeller.id: {"trusted": True}}
            labelled.append(right[one["request_id"]])
    assert len(labelled) == 600
    assert abs(sum(labelled) / 600 - sum(right.values()) / 3_000) < 0.045  # 2.4 standard errors


def test_membership_is_as_frequent_as_the_share_and_independent_of_position_and_request():
    sampled = [(r, p) for r in range(4_000) for p in range(5) if audit.is_sampled(f"JKJ{r}=", p, share=0.1)]
    assert abs(len(sampled) / 20_000 - 0.1) < 0.007
    assert all(abs(sum(p == position for _, p in sampled) / 4_000 - 0.1) < 0.015 for position in range(5))
    both = sum((r, 1) in set(sampled) for r, p in sampled if p == 0)
    assert both / sum(p == 0 for _, p in sampled) < 0.15
    assert not any(audit.is_sampled(f"JKJ{r}=", 0, share=0.0) for r in range(100))
    assert all(audit.is_sampled(f"JKJ{r}=", 0, share=1.0) for r in range(100))
    # The same everywhere and for good: anybody can compute it again.
    assert audit.number("JKJaXmPLvHcESHA=", 0) == audit.number("JKJaXmPLvHcESHA=", 0) < 10**15
