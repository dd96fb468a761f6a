"""Tests contracts/logs/log_messages.py: SQS accepts the messages, and they are read back unchanged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.logs import log_messages
from tests import sqs_bodies

TEXTS = st.text(alphabet=st.one_of(st.sampled_from(sqs_bodies.NOT_TAKEN + sqs_bodies.TAKEN), st.characters()))


def test_every_character_can_be_queued_and_read_back() -> None:
    """All of Unicode, lone surrogates included; only characters that need an escape have one."""
    for start in range(0, 0x110000, 0x8000):
        text = "".join(map(chr, range(start, start + 0x8000)))
        # Two halves of one character that follow each other are that character.
        text = text.replace("\udbff\udc00", "\udbff \udc00")
        body = log_messages.body([{"text": {"S": text}}], table="t")
        sqs_bodies.refuse(body)
        assert log_messages.read(body)["items"][0]["text"]["S"] == text
    assert log_messages.body([{"text": {"S": "é\x7f\U0001f600"}}], table="t").count("\\u") == 0


@given(TEXTS)
def test_a_message_made_of_what_another_one_had_is_no_longer_than_it(text: str) -> None:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    came = log_messages.body([{"text": {"S": text}}, {"n": {"N": "1"}}], table="t")
    document = log_messages.read(came)
    assert document == {"table": "t", "items": [{"text": {"S": text}}, {"n": {"N": "1"}}]}
    left: list[Any]
    for left in (document["items"], document["items"][:1], []):
        assert len(log_messages.body(left, table=document["table"]).encode()) <= len(came.encode())


@pytest.mark.parametrize(
    "body",
    [
        *("", "no json", "[]", "{}", "null", '"items"', '{"items": {}}', '{"items": "abc"}', "[" * 100_000),
        '{"items": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"items": [' + "9" * 5_000 + "]}",
        '{"items": ' + "[" * 100 + "]" * 100 + "}",
    ],
    ids=lambda body: body[:12],
)
def test_another_body_is_refused_in_a_sentence(body: str) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        log_messages.read(body)


def test_whatever_the_items_are_they_are_read() -> None:
    deep: dict[str, Any] = {"N": "1"}
    for _ in range(32):
        deep = {"L": [deep]}
    items = ["no item", 1, None, {"request_id": {"S": "a"}}, {"probabilities": deep}]
    assert log_messages.read(json.dumps({"table": None, "items": items})) == {"table": None, "items": items}
