"""Tests examples/, which stores labelled texts, with a fake DynamoDB."""

from __future__ import annotations

import hashlib
import json
import time

import boto3
import fastjsonschema
import pytest

from contracts.texts import text_normalization
from lambda_src.common import dynamodb
from lambda_src.common.api import contract
from lambda_src.examples import handler as examples
from lambda_src.examples import logic
from tests.tables import make_table


class World:
    """The tables of examples, of kept answers and of erased texts."""

    def __init__(self):
        self.dynamodb = boto3.client("dynamodb")
        for table, key in (("examples", "example_id"), ("answers", "answer_id"), ("erased", "erased_id")):
            make_table(self.dynamodb, table, **{key: "S"})
        make_table(self.dynamodb, "ledger", row_id="S", event_id="S")

    def stored(self):
        items = self.dynamodb.scan(TableName="examples")["Items"]
        return sorted((item["text"]["S"], item["label"]["S"]) for item in items)

    def texts(self):
        items = self.dynamodb.scan(TableName="examples")["Items"]
        return sorted(item["text"]["S"] for item in items if "text" in item)

    def events(self):
        return [dynamodb.plain(item) for item in self.dynamodb.scan(TableName="ledger")["Items"]]

    def erases(self, erased_id, *, ends=4_000_000_000):
        item = {"erased_id": {"S": erased_id}, "erased_at": {"S": "2026-11-20T00:00:00.000Z"}}
        self.dynamodb.put_item(TableName="erased", Item={**item, "expires_at": {"N": str(ends)}})


@pytest.fixture
def world(account, configure):
    configure(
        examples,
        EXAMPLES_TABLE="examples",
        ANSWERS_TABLE="answers",
        ERASED_TABLE="erased",
        LEDGER_TABLE="ledger",
        EXAMPLE_DAYS="365",
    )
    return World()


@pytest.fixture
def send(load_event, context):
    def send(body, *, status=200, scopes="examples", key="abcdefgh23", headers=None, trusted=""):
        event = load_event("classify_single")
        event["rawPath"] = "/v1/examples"
        caller = {"verdict": "ok", "key_id": key, "scopes": scopes, "trusted": trusted}
        event["requestContext"]["authorizer"] = {"lambda": caller}
        event["headers"] |= headers or {}
        event["body"] = body if isinstance(body, str) else json.dumps(body)
        response = examples.handler(event, context)
        document = json.loads(response["body"])
        assert response["statusCode"] == status, document
        fits("Problem" if status >= 400 else "ExamplesAnswer", document)
        return {**document, "headers": response["headers"]}

    return send


def fits(schema, document):
    root = {"$ref": f"#/components/schemas/{schema}", "components": contract.document()["components"]}
    fastjsonschema.compile(root)(document)


def counts(document):
    return document["stored"], document["duplicate"], document["conflicting"]


def test_one_example(world, send):
    assert counts(send({"text": "A headline", "label": "Health"})) == (1, 0, 0)
    (item,) = world.dynamodb.scan(TableName="examples")["Items"]
    assert item["text_id"]["S"] == text_normalization.text_id("A headline")
    assert item["example_id"]["S"] == logic.example_id(item["text_id"]["S"], key_id="abcdefgh23")
    assert item["key_id"] == {"S": "abcdefgh23"}
    assert item["source"] == {"S": "api"}
    assert item["time"]["S"].endswith("Z")
    assert 364.9 < (int(item["expires_at"]["N"]) - time.time()) / 86_400 < 365.1


def test_an_example_is_an_event_of_the_ledger_once(world, send):
    send({"text": "A headline", "label": "Health"}, trusted="true")
    send({"text": " a HEADLINE", "label": "Health"})
    (event,) = world.events()
    (item,) = world.dynamodb.scan(TableName="examples")["Items"]
    expected = {
        "row_id": text_normalization.text_id("A headline"),
        "text": "A headline",
        "kind": "label",
        "source": "example",
        "label": "Health",
        "key_id": "abcdefgh23",
        "trusted": True,
        "time": item["time"]["S"],
        "expires_at": int(item["expires_at"]["N"]),
    }
    assert {name: event[name] for name in expected} == expected


def test_an_example_and_its_event_are_stored_together_or_not_at_all(world, send):
    world.dynamodb.delete_table(TableName="ledger")
    send({"text": "A headline", "label": "Health"}, status=500)
    assert world.texts() == []


def test_an_erased_text_is_no_event(world, send):
    world.erases(f"example#{text_normalization.text_id('Gone')}")
    send({"text": "gone", "label": "Health"})
    assert world.events() == []


def test_a_list_says_what_became_of_each(world, send):
    send({"text": "Known", "label": "Health"})
    listed = [
        {"text": "New", "label": "Science"},
        {"text": "known ", "label": "Health"},
        {"text": "Known", "label": "Science"},
        {"text": "  NEW", "label": "Science"},
    ]
    document = send({"examples": listed})
    assert document["results"] == ["stored", "duplicate", "conflicting", "duplicate"]
    assert counts(document) == (1, 2, 1)
    assert world.stored() == [("Known", "Health"), ("New", "Science")]


def test_another_caller_s_texts_change_nothing_in_an_answer(world, send):
    """Neither that it was sent, nor under which label."""
    send({"text": "Secret", "label": "Health"}, key="aaaaaaaaaa")
    for label in ("Health", "Science"):
        world.dynamodb.delete_table(TableName="examples")
        make_table(world.dynamodb, "examples", example_id="S")
        alone = send({"text": "Secret", "label": label}, key="bbbbbbbbbb")
        world.dynamodb.delete_table(TableName="examples")
        make_table(world.dynamodb, "examples", example_id="S")
        send({"text": "Secret", "label": "Health"}, key="aaaaaaaaaa")
        assert counts(send({"text": "Secret", "label": label}, key="bbbbbbbbbb")) == counts(alone) == (1, 0, 0)
    items = world.dynamodb.scan(TableName="examples")["Items"]
    assert {item["text_id"]["S"] for item in items} == {text_normalization.text_id("secret")}
    assert sorted((item["key_id"]["S"], item["label"]["S"]) for item in items) == [
        ("aaaaaaaaaa", "Health"),
        ("bbbbbbbbbb", "Science"),
    ]


def test_an_expired_example_that_is_still_there_counts_no_more(world, send):
    send({"text": "a", "label": "b"})
    (item,) = world.dynamodb.scan(TableName="examples")["Items"]
    world.dynamodb.put_item(TableName="examples", Item={**item, "expires_at": {"N": "1000000000"}})
    assert counts(send({"text": "a", "label": "c"})) == (1, 0, 0)
    assert world.stored() == [("a", "c")]


def test_an_erased_text_is_not_kept_and_no_answer_tells(world, send):
    world.erases(f"example#{text_normalization.text_id('gone')}")
    answers = [send({"text": text, "label": label}) for text, label in (("Gone", "A"), ("GONE ", "A"), ("gone", "B"))]
    assert [counts(answer) for answer in answers] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    (item,) = world.dynamodb.scan(TableName="examples")["Items"]
    assert "text" not in item and "gone" not in json.dumps(item).casefold()
    send({"text": "other", "label": "A"})
    assert len(world.dynamodb.scan(TableName="examples", FilterExpression="attribute_exists(#t)",
                                   ExpressionAttributeNames={"#t": "text"})["Items"]) == 1  # fmt: skip


def test_a_text_that_was_erased_by_its_hash_is_not_kept_and_no_answer_tells(world, send):
    """The digest is of the exact bytes: another spelling is another text, also within one call."""
    world.erases(f"text#{hashlib.sha256('Göne'.encode()).hexdigest()}")
    listed = [{"text": text, "label": "A"} for text in ("Göne", "other")]
    assert send({"examples": listed})["results"] == ["stored", "stored"]
    assert counts(send({"text": "Göne", "label": "B"})) == (0, 0, 1)
    assert world.texts() == ["other"]
    assert send({"examples": [{"text": "GÖNE", "label": "A"}, {"text": "Göne", "label": "A"}]}, key="bbbbbbbbbb")
    assert world.texts() == ["GÖNE", "other"]


def test_all_that_one_call_may_have_is_looked_up(world, send):
    """Two tombstones for each text, more than DynamoDB reads at once."""
    listed = [{"text": f"text {number}", "label": "Health"} for number in range(100)]
    for number in (0, 99):
        world.erases(f"text#{hashlib.sha256(f'text {number}'.encode()).hexdigest()}")
    assert counts(send({"examples": listed})) == (100, 0, 0)
    assert set(world.texts()) == {f"text {number}" for number in range(1, 99)}


def test_an_erasure_that_is_over_binds_no_more(world, send):
    world.erases(f"example#{text_normalization.text_id('gone')}", ends=1_000_000_000)
    send({"text": "gone", "label": "A"})
    assert world.stored() == [("gone", "A")]


def test_with_what_was_erased_unknown_nothing_is_stored(world, send, monkeypatch):
    world.dynamodb.delete_table(TableName="erased")
    send({"text": "a", "label": "b"}, status=500)
    assert world.dynamodb.scan(TableName="examples")["Items"] == []


def test_a_hundred_a_call_and_no_more(world, send):
    listed = [{"text": f"text {number}", "label": "Health"} for number in range(101)]
    assert counts(send({"examples": listed[:100]})) == (100, 0, 0)
    assert "`examples` has 101 items; send 1 to 100 per request" in send({"examples": listed}, status=422)["detail"]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "`text` is missing"),
        ({"text": "a"}, "`label` is missing"),
        ({"text": "", "label": "b"}, "`text` is empty; it must have 1 to 2,000"),
        ({"text": "\u200b\u00ad", "label": "b"}, "`text` has no visible character"),
        ({"text": "a", "label": "\u200b"}, "`label` has no visible character"),
        ({"text": "a", "label": "x" * 101}, "`label` has 101 characters; it must have 1 to 100"),
        ({"text": "a", "label": "b", "weight": 1}, "`weight` is not a field"),
        ({"examples": []}, "`examples` has 0 items"),
        ({"examples": "a"}, "`examples` is a string; it must be a list"),
        ({"examples": [{"text": "a", "label": "b"}, {"text": "a"}]}, "`label` is missing in `examples[1]`"),
        ({"examples": [{"text": "\ud800", "label": "b"}]}, "`examples[0].text` contains an unpaired surrogate"),
        ([{"text": "a", "label": "b"}], "The body is a list; it must be an object"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(world, send, body, part):
    assert part in send(body, status=422)["detail"]
    assert world.stored() == []


def test_a_key_needs_the_scope(world, send):
    assert send({"text": "a", "label": "b"}, scopes="classify read admin", status=403)["type"].endswith("key-scope")


def test_a_repeat_with_an_idempotency_key_gets_the_first_answer(world, send):
    body, headers = {"text": "a", "label": "b"}, {"idempotency-key": "k1"}
    first, second = send(body, headers=headers), send(body, headers=headers)
    assert counts(first) == counts(second) == (1, 0, 0)
    assert "idempotency-replayed" not in first["headers"]
    assert second["headers"]["idempotency-replayed"] == "true"
    assert counts(send(body)) == (0, 1, 0)


def test_a_table_that_does_not_answer_is_a_503(world, send, monkeypatch):
    def fail(**_):
        raise examples.storage.ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "PutItem")

    monkeypatch.setattr(
        examples._records(), "_dynamodb", type("Failing", (), {"transact_write_items": staticmethod(fail)})()
    )
    assert send({"text": "a", "label": "b"}, status=503)["headers"]["retry-after"] == "2"
