"""Bodies, queries, ids and headers at their limits get a documented refusal, in time proportional to their size.

Here small bodies: each shape, fault and place comes at least once. tests/long/test_hostile_bodies.py has those of the
largest size and what they cost, `make bench-security` the whole grammar.
"""

from __future__ import annotations

import base64
import itertools
import json
from urllib.parse import quote

import pytest

from benchmarks.hostile import functions, shapes
from benchmarks.hostile.measuring import ValidCase
from lambda_src.classify import handler as classify
from lambda_src.common.api import json_body
from lambda_src.common.problems import Problem
from lambda_src.examples import handler as examples
from lambda_src.meta import handler as site
from lambda_src.request_log_api import handler as records
from tests.linear_time import MOST, assert_linear, ratio
from tests.unit.lambda_src.documented import faults

SIZE = json_body.MAX_BODY_BYTES
SMALL = 8_000
ROUTES = functions.ROUTES
IN_ANY_ORDER = [pytest.param(route, id=route.path) for route in ROUTES]


@pytest.fixture(scope="module")
def call():
    with functions.answering() as answer:
        yield answer


def answered(call, route, body):
    event = functions.event(route, body.raw)
    response = call(event, route.function)
    assert faults(event, response) == []
    assert response["statusCode"] < 500, (body.shape, body.fault, body.place, response["body"][:200])
    return response


@pytest.mark.parametrize("route", IN_ANY_ORDER)
def test_the_largest_bodies_that_are_valid_are_taken(call, route):
    for raw in route.valid(SIZE):
        assert len(raw) == SIZE
        assert answered(call, route, shapes.Body("valid", "none", "end", raw))["statusCode"] == 200


@pytest.mark.parametrize("route", IN_ANY_ORDER)
def test_whatever_a_text_is_made_of_it_is_taken(call, route):
    for name in shapes.TEXTS:
        body = ValidCase.of(route, name).body(SMALL)
        assert len(body.raw) == SMALL
        assert answered(call, route, body)["statusCode"] == 200


@pytest.mark.parametrize("route", IN_ANY_ORDER)
def test_whatever_fills_a_body_its_refusal_is_documented(call, route):
    arounds = itertools.cycle(route.arounds)
    wrong = itertools.cycle(itertools.product(shapes.FAULTS, shapes.PLACES))
    for shape in shapes.SHAPES:
        for fault, place in itertools.islice(wrong, 4):
            body = shapes.of_size(SMALL, next(arounds), shape, fault=fault, place=place)
            assert len(body.raw) <= SMALL
            answered(call, route, body)
        answered(call, route, shapes.of_size(SMALL, next(arounds), shape))


@pytest.mark.parametrize("depth", [100, 400, 900, 980, 8_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_deep_body_is_refused_wherever_the_stack_ends(call, depth, opening):
    for route in ROUTES:
        for before, after in route.arounds:
            closing = "]" if opening == "[" else "}"
            raw = f"{before}{opening * depth}1{closing * depth}{after}".encode()
            assert answered(call, route, shapes.Body("deep", "none", "end", raw))["statusCode"] in (400, 422)


# One of each kind: numbers, objects, nothing but a text, depth.
@pytest.mark.parametrize("name", ["fractions", "small objects", "keys", "one text of escapes", "deep objects"])
def test_time_is_in_proportion_to_a_bodys_size(call, name, monkeypatch):
    (shape,) = (one for one in shapes.SHAPES if one.name == name)
    monkeypatch.setattr(json_body, "MAX_OUTSIDE_TEXTS", SIZE)  # else the longer one could be refused sooner
    for route, (fault, around) in zip(ROUTES, (("", 1), ("doubled key", 0), ("null", 2), ("", 3)), strict=True):

        def made(size, route=route, around=around, fault=fault):
            body = shapes.of_size(size, route.arounds[around], shape, fault=fault)
            return functions.event(route, body.raw)

        def answer(event, route=route):
            return call(event, route.function)

        assert_linear(made, answer, size=SMALL, what=f"{route.name} {fault}")


def test_a_doubled_key_is_found_in_one_pass():
    pairs = [(f"k{n}", n) for n in range(2_000)]
    assert json_body._first_repeated([*pairs, ("k1999", 0)]) == "k1999"

    def make(size):
        return [*((f"k{n}", n) for n in range(size)), (f"k{size - 1}", 0)]

    assert_linear(make, json_body._first_repeated, size=2_000)
    # The measurement must find the fault: a count for each key.
    counting = ratio(make, lambda pairs: [[k for k, _ in pairs].count(key) for key, _ in pairs], size=150)
    assert counting > MOST


@pytest.mark.parametrize(
    "body",
    ["[" + "1," * 5_000 + "1]", "{" + ",".join(f'"k{n}":1' for n in range(3_000)) + "}", "[" * 9_000, '""' * 5_000],
)
def test_more_parts_than_any_request_has_are_refused_before_they_are_read(body, monkeypatch):
    monkeypatch.setattr(json_body.json, "loads", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(Problem) as refused:
        json_body.decode(body.encode(), example="{}")
    assert (refused.value.status, "8,192 characters outside its texts" in refused.value.detail) == (422, True)


@pytest.mark.parametrize(
    "text", ['"' * 9_000, "," * 100_000, '\\"],[' * 10_000, "\\\\" * 9_001, '{"a":1},' * 9_000, "\u00e9" * 9_000]
)
def test_what_is_in_a_text_is_not_counted(text):
    document = {"inputs": [text], "headline": text}
    assert json_body.decode(json.dumps(document).encode(), example="{}") == document
    assert json_body.decode(json.dumps(document, ensure_ascii=False, indent=4).encode(), example="{}") == document


def request(load_event, method, path, *, query="", headers=None, body=None, scopes="classify feedback examples read"):
    event = load_event("default")
    event |= {"rawPath": path, "rawQueryString": query}
    event["requestContext"]["http"]["method"] = method
    event["requestContext"]["authorizer"] = {"lambda": {"verdict": "ok", "key_id": "abcdefgh23", "scopes": scopes}}
    event["headers"] |= headers or {}
    if body is not None:
        event |= {"body": body, "isBase64Encoded": True}
    return event


# API Gateway takes 10,240 bytes of request line and headers together ("Quotas for HTTP APIs").
LONG = 10_000
QUERIES = [
    "cursor=" + "A" * 1000,
    "cursor=" + "A" * 4000,
    "cursor=" + base64.urlsafe_b64encode(b"\0" * 700).decode(),
    "label=" + quote("\u00e9" * 100),
    "label=" + quote("\u00e9" * 101),
    "label=" + "%FF" * 1000,
    "limit=" + "9" * 4000,
    "limit=-" + "9" * 4000,
    "limit=1e400",
    "max_confidence=" + "0." + "9" * 4000,
    "max_confidence=1e400",
    "since=" + "9" * 40,
    "since=0001-01-01T00:00:00Z",
    "since=9999-12-31T23:59:59-23:59",
    "&".join(f"p{n}=1" for n in range(1000)),
    "=" * LONG,
    "%" * LONG,
    "&" * LONG,
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:24])
@pytest.mark.parametrize("path", ["/v1/requests", "/v1/stats", "/health"])
def test_queries_at_their_limits(call, load_event, context, query, path):
    event = request(load_event, "GET", path, query=query)
    response = (site if path == "/health" else records).handler(event, context)
    assert faults(event, response) == []
    assert response["statusCode"] in (200, 422), response["body"]
    assert len(response["body"]) < 2_000


@pytest.mark.parametrize(
    "request_id", ["a" * 129, "a" * 3_000, "%C3%A9" * 129, "%00" * 3_000, "a/b", "%2F" * 200, "%FF%FE"]
)
def test_ids_at_their_limits_are_those_of_no_request(call, load_event, context, request_id):
    response = records.handler(request(load_event, "GET", f"/v1/requests/{request_id}"), context)
    assert response["statusCode"] == 404


@pytest.mark.parametrize("name", ["content-type", "idempotency-key", "accept", "cookie", "x-request-id"])
@pytest.mark.parametrize(
    "value", ["a" * LONG, ";" * LONG, "charset=" * 1_000, "application/json;" * 500, "\u00e9" * LONG]
)
def test_headers_at_their_limits(call, load_event, context, name, value):
    for handler, path in ((classify, "/v1/classify"), (examples, "/v1/examples"), (records, "/v1/feedback")):
        body = base64.b64encode(b'{"inputs":"a"}').decode()
        headers = {"content-type": "application/json", name: value}
        response = handler.handler(request(load_event, "POST", path, headers=headers, body=body), context)
        assert response["statusCode"] in (200, 415, 422), response["body"]
        assert len(response["body"]) < 2_000
