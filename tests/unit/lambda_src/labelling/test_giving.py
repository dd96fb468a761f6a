"""A label is stored with its text and in the ledger, both or neither, and once however often it is sent."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import cast

import pytest
from botocore.exceptions import ClientError

from contracts.datasets import ledger
from contracts.logs import audit
from contracts.logs.request_log import Item
from lambda_src.common import dynamodb, erased
from lambda_src.labelling import giving, handler
from tests.unit.lambda_src.labelling.world import NOW, answer, make_call, make_world

TEXT = "Shares rally as the central bank holds rates"
SHOUTED = TEXT.upper()


def test_a_label_shows_the_models_answer_and_is_an_event(world, give):
    world.asked("r1", (TEXT, answer("Health", 0.48)))
    stored = give("r1", "Business", labeller="Ana")
    time = stored.pop("time")
    assert stored == {
        "request_id": "r1",
        "position": 0,
        "label": "Business",
        "first": "Business",
        "replaced": None,
        "sample": "audit",
        "predicted_label": "Health",
        "confidence": 0.48,
        "agrees": False,
        "model_version": "rubric-dev-1",
        "trusted": True,
    }
    [event] = world.events()
    assert event.pop("expires_at") > (NOW + timedelta(days=364)).timestamp()
    assert {name: event.pop(name) for name in ("event_id", "place", "day_shard")}["place"].startswith(time)
    assert event == {
        "row_id": ledger.row_of(TEXT),
        "kind": "label",
        "source": "labelling",
        "key_id": "abcdefgh23",
        "labeller": "ana",
        "trusted": True,
        "label": "Business",
        "time": time,
        "text": TEXT,
        "request_id": "r1",
        "position": 0,
        "model_version": "rubric-dev-1",
        "model_label": "Health",
        "sample": "audit",
    }
    said = {"first": "Business", "label": "Business", "times": 1, "time": time, "first_time": time, "trusted": True}
    assert world.sampled("r1")["given"] == {"abcdefgh23 ana": said}
    assert "given" not in world.item("r1")


def test_outside_the_sample_the_label_is_with_the_text(world, give):
    world.asked("r1", (TEXT, answer("Health")), audited=False)
    assert give("r1", "Health", sample="uncertain")["sample"] == "uncertain"
    assert give("r1", "Health", key="bbbbbbbb22")["sample"] is None
    assert set(dynamodb.plain(world.item("r1"))["given"]) == {"abcdefgh23", "bbbbbbbb22"}
    assert [event.get("sample") for event in world.events()] == ["uncertain", None]


def test_a_caller_cannot_make_a_text_part_of_the_sample_nor_take_it_out(world, give):
    world.asked("in", (TEXT, answer("Health")))
    world.asked("out", (TEXT, answer("Health")), audited=False)
    assert give("in", "Health", sample="uncertain")["sample"] == "audit"
    assert "must be one of" in give("out", "Health", sample="audit", status=422)["detail"]


def test_the_same_again_changes_nothing_and_another_label_keeps_the_first(world, give):
    world.asked("r1", (TEXT, answer("Health")))
    once = give("r1", "Business")
    assert give("r1", "Business") == once
    changed = give("r1", "Health")
    assert (changed["label"], changed["first"], changed["replaced"]) == ("Health", "Business", "Business")
    assert give("r1", "Health") == {**changed, "replaced": None}
    again = give("r1", "Business")
    assert (again["first"], again["replaced"]) == ("Business", "Health")
    assert [event["label"] for event in world.events()] == ["Business", "Health", "Business"]
    assert len({event["event_id"] for event in world.events()}) == 3


def test_names_are_one_labeller_in_every_spelling_and_another_on_each_key(world, give):
    world.asked("r1", (TEXT, answer("Health")))
    give("r1", "Health", labeller=" ANA ")
    give("r1", "Health", labeller="ana")
    give("r1", "Health", labeller="ana", key="bbbbbbbb22")
    give("r1", "Health")
    assert set(world.sampled("r1")["given"]) == {"abcdefgh23 ana", "bbbbbbbb22 ana", "abcdefgh23"}
    assert len(world.events()) == 3


def test_a_clock_that_went_back_leaves_the_newest_label_the_newest(world, give, monkeypatch):
    world.asked("r1", (TEXT, answer("Health")))
    first = give("r1", "Business")
    monkeypatch.setattr(giving.Labels, "clock", lambda _: NOW - timedelta(hours=1))
    assert give("r1", "Health")["time"] > first["time"]


@pytest.mark.parametrize("audited", [True, False])
@pytest.mark.parametrize(
    "target", [erased.of_example(ledger.row_of(TEXT)), erased.of_text(sha256(SHOUTED.encode()).hexdigest())]
)
def test_of_what_was_erased_the_ledger_gets_nothing(world, give, audited, target):
    world.asked("r1", (SHOUTED, answer("Health")), audited=audited)
    world.erases(target)
    assert give("r1", "Health")["label"] == "Health"
    assert world.events() == [] and give("r1", "Science")["replaced"] == "Health"


@pytest.mark.parametrize("audited", [True, False])
def test_a_text_that_is_deleted_meanwhile_gets_no_label(world, give, monkeypatch, audited):
    world.asked("r1", (TEXT, answer("Health")), audited=audited)
    records = handler._records()
    real = records.give

    def give_late(item, *args, **named):
        world.dynamodb.delete_item(TableName="requests", Key=dynamodb.item({"request_id": "r1", "position": 0}))
        return real(item, *args, **named)

    monkeypatch.setattr(records, "give", give_late)
    give("r1", "Health", status=404)
    assert world.events() == []


@pytest.mark.parametrize("audited", [True, False])
def test_two_labellers_at_once_are_both_stored(world, give, monkeypatch, audited):
    world.asked("r1", (TEXT, answer("Health")), audited=audited)
    records = handler._records()
    real, others = records.give, ["bbbbbbbb22", "cccccccc22"]

    def give_second(item, *args, **named):
        if others:
            monkeypatch.setattr(records, "give", real)
            give("r1", "Science", key=others.pop())
            monkeypatch.setattr(records, "give", give_second)
        return real(item, *args, **named)

    monkeypatch.setattr(records, "give", give_second)
    give("r1", "Health")
    given = world.sampled("r1")["given"] if audited else dynamodb.plain(world.item("r1"))["given"]
    assert {name: label["label"] for name, label in given.items()} == {
        "abcdefgh23": "Health",
        "bbbbbbbb22": "Science",
        "cccccccc22": "Science",
    }
    assert len(world.events()) == 3


def test_a_failed_store_stores_neither_and_a_retry_stores_both(world, give, monkeypatch):
    world.asked("r1", (TEXT, answer("Health")))
    client = handler._records()._dynamodb
    real, failures = client.transact_write_items, [ClientError({"Error": {"Code": "InternalServerError"}}, "x")]

    def fail(**request):
        if failures:
            raise failures.pop()
        return real(**request)

    monkeypatch.setattr(client, "transact_write_items", fail)
    give("r1", "Health", status=503)
    assert world.events() == [] and "given" not in world.sampled("r1")
    give("r1", "Health")
    assert len(world.events()) == 1


@pytest.mark.parametrize(
    ("change", "status", "part"),
    [
        ({"request_id": "never"}, 404, "no such text"),
        ({"request_id": "#audit#2026-11-20"}, 404, "no such text"),
        ({"request_id": "r1", "position": 3}, 404, "no such text"),
        ({"request_id": "r1", "label": "Sport"}, 422, "`Business`, `Entertainment`, `Health`, `Science`"),
        ({"request_id": "hashed"}, 409, "does not keep this text"),
        ({"request_id": "waits"}, 503, "Try again in a minute"),
        ({"request_id": "r1", "labeller": "\u200b"}, 422, "no visible characters"),
        ({"request_id": "r1", "labeller": "x" * 41}, 422, "41 characters"),
    ],
)
def test_what_cannot_be_labelled_is_said(world, give, change, status, part):
    world.asked("r1", (TEXT, answer("Health")))
    world.asked("hashed", (TEXT, answer("Health")), keep_text="hash", audited=False)
    world.asked("waits", (TEXT, answer("Health")), waiting=True)
    request = {"label": "Health", **change}
    assert part in give(request.pop("request_id"), request.pop("label"), **request, status=status)["detail"]
    assert world.events() == []


def test_one_text_has_only_so_many_labellers(world, give):
    world.asked("r1", (TEXT, answer("Health")))
    for number in range(giving.MOST_LABELLERS):
        give("r1", "Health", labeller=f"l{number}")
    assert "20 labellers" in give("r1", "Health", labeller="one more", status=422)["detail"]
    give("r1", "Science", labeller="l0")


def test_labellers_with_other_keys_keep_no_trusted_one_out(world, give):
    world.asked("r1", (TEXT, answer("Health")))
    for number in range(giving.MOST_LABELLERS):
        give("r1", "Science", labeller=f"l{number}", trusted="")
    assert "20 labellers" in give("r1", "Science", labeller="one more", status=422, trusted="")["detail"]
    assert give("r1", "Health", labeller="ana", key="bbbbbbbb22")["trusted"] is True


def test_each_label_says_whether_its_key_is_trusted_and_when_the_first_was_given(world, give, monkeypatch):
    world.asked("r1", (TEXT, answer("Health")))
    assert give("r1", "Business", trusted="")["trusted"] is False
    first = give("r1", "Business", key="bbbbbbbb22")["time"]
    monkeypatch.setattr(giving.Labels, "clock", lambda _: NOW + timedelta(hours=1))
    assert give("r1", "Health", key="bbbbbbbb22")["time"] > first
    given = world.sampled("r1")["given"]
    assert [given[key]["trusted"] for key in ("abcdefgh23", "bbbbbbbb22")] == [False, True]
    assert audit.deciding(given) == ("bbbbbbbb22", "Business", first)


def test_a_label_of_before_counts_once_its_trusted_key_gives_it_again(world, give, queue):
    """Such labels do not say whether their key is trusted. The first one stays what it was."""
    world.asked("r1", (TEXT, answer("Health")))
    old = {"first": "Science", "label": "Business", "times": 2, "time": "2026-11-20T21:00:00.000Z"}
    key = audit.key_of(cast(Item, dynamodb.plain(world.item("r1"))))
    world.dynamodb.update_item(
        TableName="requests",
        Key=dynamodb.item(key),
        UpdateExpression="SET given = :given",
        ExpressionAttributeValues=dynamodb.item({":given": {"abcdefgh23": old}}),
    )
    assert queue()["texts"] == [] and give("r1", "Business", trusted="")["trusted"] is False
    assert "trusted" not in world.sampled("r1")["given"]["abcdefgh23"]
    assert len(queue(trusted="true")["texts"]) == 1
    again = give("r1", "Business")
    assert (again["trusted"], again["first"], again["replaced"]) == (True, "Science", None)
    given = world.sampled("r1")["given"]["abcdefgh23"]
    assert (given["times"], given["trusted"], given["first_time"]) == (3, True, old["time"])
    assert queue(trusted="true")["texts"] == [] and give("r1", "Business") == again


def test_without_texts_one_sentence_says_so(account, configure, logger, load_event, context):
    make_world(configure, logger, REQUEST_LOG_TEXT="hash")
    call = make_call(load_event, context)
    for method, path in (("GET", "/v1/queue"), ("GET", "/v1/labels"), ("POST", "/v1/labels")):
        problem = call(method, path, status=409)
        assert problem["detail"] == (
            "This API keeps no texts to label: the operator has set data.request_log_text to hash."
        )
