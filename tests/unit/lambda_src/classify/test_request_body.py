"""Tests classify/request_body.py."""

from __future__ import annotations

import base64
import json

import pytest

from lambda_src.classify import request_body
from lambda_src.common.api import json_body
from lambda_src.common.problems import Problem


def event(body, content_type="application/json", *, encode=False):
    headers = {} if content_type is None else {"content-type": content_type}
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    if encode:
        text = base64.b64encode(body).decode()
    return {"headers": headers, "body": text, "isBase64Encoded": encode}


def refused(*args, **kwargs):
    with pytest.raises(Problem) as caught:
        request_body.parse(event(*args, **kwargs))
    return caught.value


@pytest.mark.parametrize(
    ("body", "texts", "single"),
    [
        ({"inputs": "a"}, ("a",), True),
        ({"inputs": ["a"]}, ("a",), False),
        ({"inputs": ["a", "b"]}, ("a", "b"), False),
        ({"headline": "a"}, ("a",), True),
        ({"inputs": "x" * 2000}, ("x" * 2000,), True),
        ({"inputs": ["x"] * 64}, ("x",) * 64, False),
        ({"inputs": "😀" * 2000}, ("😀" * 2000,), True),
    ],
)
def test_what_is_taken(body, texts, single):
    assert request_body.parse(event(body)) == request_body.ClassifyRequest(texts=texts, single=single)


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_content_types_that_are_taken(content_type):
    assert request_body.parse(event({"inputs": "a"}, content_type)).texts == ("a",)


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonlines",
                     "application/json; charset=latin-1", "text/json"],
)  # fmt: skip
def test_other_content_types(content_type):
    problem = refused({"inputs": "a"}, content_type)
    assert problem.status == 415


def test_bytes_in_base64_and_a_byte_order_mark():
    raw = b"\xef\xbb\xbf" + '{"inputs": "Crème"}'.encode()
    assert request_body.parse(event(raw, encode=True)).texts == ("Crème",)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("{", "line 1, column 2"),
        ("inputs=a", "not valid JSON"),
        ('{"inputs": "a"} x', "Extra data"),
        ('{"inputs": NaN}', "NaN is not a JSON value"),
        ('{"inputs": -Infinity}', "-Infinity is not a JSON value"),
        ('{"inputs": "a", "inputs": "b"}', 'the key "inputs" appears twice'),
        ('{"inputs": [{"a": 1, "a": 2}]}', 'the key "a" appears twice'),
        ("[" * 5_000, "nested too deeply"),
        ('{"inputs": ' + "9" * 5000 + "}", "too long to read"),
        ('{"inputs": "tab\there"}', "control character"),
    ],
)
def test_malformed_json(body, part):
    problem = refused(body)
    assert problem.status == 400
    assert part in problem.detail


def test_bytes_that_are_not_utf8():
    problem = refused(b'{"inputs": "\xff"}', encode=True)
    assert (problem.status, "byte 12" in problem.detail) == (400, True)


def test_bytes_that_the_gateway_replaced():
    """As a gateway would send them that decodes a body with replacement: the length is the caller's."""
    sent = b'{"inputs": "caf\xe9"}'
    for body, length in ((sent.decode("utf-8", "replace"), len(sent)), ("\ufffd", 1)):
        as_text = event(body) | {"headers": {"content-type": "application/json", "Content-Length": str(length)}}
        with pytest.raises(Problem) as caught:
            request_body.parse(as_text)
        assert (caught.value.status, caught.value.detail) == (400, "The body is not valid UTF-8.")


@pytest.mark.parametrize("length", ["", "as sent", "nonsense", "٣٠", "9" * 5_000])
def test_a_replacement_character_of_the_caller_s_own_is_a_character(length):
    body = json.dumps({"inputs": "caf\ufffd, crème"}, ensure_ascii=False)
    headers = {"content-type": "application/json", "content-length": length}
    if length == "as sent":
        headers["content-length"] = str(len(body.encode()))
    assert request_body.parse(event(body) | {"headers": headers}).texts == ("caf\ufffd, crème",)


def test_size():
    fits = json.dumps({"inputs": "a"}).ljust(json_body.MAX_BODY_BYTES)
    assert request_body.parse(event(fits)).texts == ("a",)
    problem = refused(fits + " ")
    assert problem.status == 413
    assert "1,048,577 bytes" in problem.detail


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ([], "must be a JSON object"),
        ("text", "must be a JSON object"),
        (None, "must be a JSON object"),
        ({}, "`inputs` is missing"),
        ({"text": "a"}, "`inputs` is missing"),
        ({"inputs": "a", "headline": "b"}, "Send either `inputs` or `headline`, not both"),
        ({"inputs": "a", "top": 3}, "`top` is not a field"),
        ({"inputs": "a", "top_k": 1}, "`top_k` is 1; it must be from 2 to 1,000"),
        ({"inputs": "a", "top_k": 1001}, "`top_k` is 1001; it must be from 2 to 1,000"),
        ({"inputs": "a", "top_k": 2.5}, "`top_k` is a number; it must be a whole number"),
        ({"headline": "a", "top_k": None}, "`top_k` is null; it must be a whole number"),
        ({"inputs": ["a"], "threshold": -0.1}, "`threshold` is -0.1; it must be from 0 to 1"),
        ({"inputs": "a", "threshold": 60}, "`threshold` is 60; it must be from 0 to 1"),
        ({"inputs": "a", "threshold": "0.6"}, "`threshold` is a string; it must be a number"),
        ({"inputs": "a", "threshold": True}, "`threshold` is true or false; it must be a number"),
        ({"inputs": "a", "publisher": 5}, "`publisher` is a number; it must be a string"),
        ({"inputs": "a", "publisher": "x" * 101}, "`publisher` has 101 characters"),
        ({"inputs": "a", "publisher": " "}, "`publisher`"),
        ({"inputs": "a", "publisher": "\u200b"}, "`publisher` is no name of visible characters"),
        ({"inputs": "a", "publisher": "\ud800"}, "`publisher` contains an unpaired surrogate"),
        (
            {"inputs": "a", "publisher": "\u0390" * 100},
            "`publisher` is no name of visible characters, at most 512 bytes",
        ),
        ({"inputs": "", "threshold": 60}, "`inputs` is empty"),
        ({"inputs": "a", "\u0000": 3}, "`\\u0000` is not a field"),
        ({"inputs": ""}, "`inputs` is empty"),
        ({"inputs": " \t\n"}, "`inputs` is blank"),
        ({"inputs": None}, "`inputs` is null"),
        ({"inputs": 5}, "`inputs` is a number"),
        ({"inputs": True}, "`inputs` is true or false"),
        ({"inputs": {"a": "b"}}, "`inputs` is an object"),
        ({"inputs": []}, "`inputs` is an empty list"),
        ({"inputs": ["a"] * 65}, "`inputs` has 65 texts; send at most 64"),
        ({"inputs": "x" * 2001}, "`inputs` has 2,001 characters; at most 2,000"),
        ({"inputs": ["a", "b", ""]}, "`inputs[2]` is empty"),
        ({"inputs": ["a", None]}, "`inputs[1]` is null"),
        ({"inputs": ["a", ["b"]]}, "`inputs[1]` is a list"),
        ({"inputs": ["x" * 2001]}, "`inputs[0]` has 2,001 characters"),
        ({"headline": ["a"]}, "`headline` is a list"),
        ({"headline": ""}, "`headline` is empty"),
        ({"headline": "\ud800"}, "`headline` contains an unpaired surrogate"),
        ({"top_k": 2, "headline": "\ud800"}, "`headline` contains an unpaired surrogate"),
        ({"inputs": ["a", "x\udc00"]}, "`inputs[1]` contains an unpaired surrogate"),
    ],
)
def test_wrong_content_is_named(body, part):
    problem = refused(json.dumps(body))
    assert problem.status == 422
    assert part in problem.detail


def test_the_limits_are_the_contracts():
    schemas = request_body.contract.document()["components"]["schemas"]
    assert (schemas["Text"]["maxLength"], schemas["TextList"]["maxItems"]) == (2000, 64)


@pytest.mark.parametrize("name", ["The Times", " the  TIMES ", "The\u00a0Times"])
def test_a_publishers_name_is_one_however_it_is_spelt(name):
    assert request_body.parse(event({"inputs": ["a", "b"], "publisher": name})).publisher == "the times"
