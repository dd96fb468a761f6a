"""Tests tools/checks/contract_changes.py: which changes break a caller."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tools.checks import contract_changes

BASE: dict[str, Any] = yaml.safe_load("""
openapi: 3.1.0
security: [{key: []}]
paths:
  /ask:
    post:
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
        - {$ref: "#/components/parameters/Kind"}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              oneOf:
                - {$ref: "#/components/schemas/One"}
                - {$ref: "#/components/schemas/Many"}
      responses:
        "200":
          headers: {x-request-id: {schema: {type: string}}}
          content:
            application/json: {schema: {$ref: "#/components/schemas/Answer"}}
        "404": {$ref: "#/components/responses/Gone"}
  /open:
    get:
      security: []
      responses: {"200": {content: {text/plain: {schema: {type: string}}}}}
  /scoped:
    get:
      security: [{key: [read]}]
      responses: {"200": {content: {text/plain: {schema: {type: string}}}}}
components:
  parameters:
    Kind: {name: kind, in: query, schema: {type: string, enum: [a, b]}}
  responses:
    Gone:
      headers: {retry-after: {required: true, schema: {type: integer}}}
      content:
        application/json: {schema: {type: object, required: [detail], properties: {detail: {type: string}}}}
  schemas:
    One:
      type: object
      additionalProperties: false
      required: [text]
      properties:
        text: {type: string, maxLength: 10}
        note: {type: [string, "null"]}
    Many:
      type: object
      additionalProperties: false
      required: [texts]
      properties:
        texts: {type: array, items: {type: string}, maxItems: 5}
    Answer:
      type: object
      required: [label, score]
      properties:
        label: {type: string}
        score: {type: number, minimum: 0, maximum: 1}
        state: {type: string, enum: [done, open]}
        counts: {type: object, additionalProperties: {type: integer}}
        parts: {type: array, items: {$ref: "#/components/schemas/Answer"}}
        whole: {allOf: [{type: object, required: [a], properties: {a: {type: string}}}]}
""")


def at(*path: str) -> Callable[[dict[str, Any]], Any]:
    """The node at a path of the document."""

    def find(document: dict[str, Any]) -> Any:
        node = document
        for name in path:
            node = node[name]
        return node

    return find


ASK = at("paths", "/ask", "post")
ONE = at("components", "schemas", "One")
MANY = at("components", "schemas", "Many")
ANSWER = at("components", "schemas", "Answer")
SCORE = at("components", "schemas", "Answer", "properties", "score")


def put(find: Callable[[dict[str, Any]], Any], **values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: find(document).update(values)


def drop(find: Callable[[dict[str, Any]], Any], name: str) -> Callable[[dict[str, Any]], None]:
    return lambda document: find(document).pop(name)


def compared(*changes: Callable[[dict[str, Any]], Any]) -> list[str]:
    new = copy.deepcopy(BASE)
    for change in changes:
        change(new)
    return contract_changes.breaking(BASE, new)


BREAKING = {
    "a path goes": drop(at("paths"), "/open"),
    "a method goes": drop(at("paths", "/ask"), "post"),
    "an open route wants a key": drop(at("paths", "/open", "get"), "security"),
    "a route wants a scope": put(at("paths", "/ask", "post"), security=[{"key": ["ask"]}]),
    "a route wants another scope": put(at("paths", "/scoped", "get"), security=[{"key": ["write"]}]),
    "a route wants one scope more": put(at("paths", "/scoped", "get"), security=[{"key": ["read", "write"]}]),
    "a status of success goes": lambda d: ASK(d)["responses"].update({"201": ASK(d)["responses"].pop("200")}),
    "a header goes": drop(at("paths", "/ask", "post", "responses", "200"), "headers"),
    "an error's header goes": drop(at("components", "responses", "Gone", "headers"), "retry-after"),
    "a header may be missing": drop(at("components", "responses", "Gone", "headers", "retry-after"), "required"),
    "a header is another type": put(
        at("components", "responses", "Gone", "headers", "retry-after", "schema"), type="string"
    ),
    "a media type goes": lambda d: ASK(d)["responses"]["200"].update(content={}),
    "a parameter goes": lambda d: ASK(d)["parameters"].pop(0),
    "a parameter takes less": lambda d: ASK(d)["parameters"][0]["schema"].update(maximum=50),
    "a parameter's value goes": lambda d: d["components"]["parameters"]["Kind"]["schema"].update(enum=["a"]),
    "a parameter is required": lambda d: ASK(d)["parameters"][0].update(required=True),
    "a new parameter is required": lambda d: ASK(d)["parameters"].append(
        {"name": "x", "in": "query", "required": True, "schema": {}}
    ),
    "a form of the body goes": lambda d: ASK(d)["requestBody"]["content"]["application/json"]["schema"]["oneOf"].pop(),
    "a body's property goes": lambda d: ONE(d)["properties"].pop("note"),
    "a body's property is required": put(ONE, required=["text", "note"]),
    "a body's new property is required": lambda d: (
        ONE(d)["properties"].update(more={}),
        ONE(d)["required"].append("more"),
    ),
    "a text is shorter": lambda d: ONE(d)["properties"]["text"].update(maxLength=9),
    "a text has a pattern": lambda d: ONE(d)["properties"]["text"].update(pattern="a"),
    "a text may not be null": lambda d: ONE(d)["properties"]["note"].update(type="string"),
    "a list is shorter": lambda d: MANY(d)["properties"]["texts"].update(maxItems=4),
    "an item is another type": lambda d: MANY(d)["properties"]["texts"].update(items={"type": "integer"}),
    "an answer's property goes": lambda d: ANSWER(d)["properties"].pop("state"),
    "an answer's property may be missing": put(ANSWER, required=["label"]),
    "an answer's number may be null": put(SCORE, type=["number", "null"]),
    "an answer's number may be more": put(SCORE, maximum=2),
    "an answer's text may be new": lambda d: ANSWER(d)["properties"]["state"]["enum"].append("lost"),
    "an answer's text may be any": lambda d: ANSWER(d)["properties"]["state"].pop("enum"),
    "an answer's values are another type": lambda d: ANSWER(d)["properties"]["counts"].update(
        additionalProperties={"type": "number"}
    ),
    "a part of an answer goes": lambda d: ANSWER(d)["properties"]["whole"]["allOf"][0]["properties"].pop("a"),
    "an error says less": lambda d: d["components"]["responses"]["Gone"]["content"]["application/json"][
        "schema"
    ].update(required=[]),
}
HARMLESS = {
    "nothing": lambda d: None,
    "words": put(at("paths", "/ask", "post"), summary="other words"),
    "a new path": lambda d: d["paths"].update({"/new": {"get": {"responses": {}}}}),
    "a new error": lambda d: ASK(d)["responses"].update({"409": {}}),
    "an error that no longer happens": lambda d: ASK(d)["responses"].pop("404"),
    "a new header": lambda d: ASK(d)["responses"]["200"]["headers"].update(more={"schema": {}}),
    "a new parameter": lambda d: ASK(d)["parameters"].append({"name": "x", "in": "query", "schema": {}}),
    "a parameter takes more": lambda d: ASK(d)["parameters"][0]["schema"].update(maximum=500),
    "a new form of the body": lambda d: ASK(d)["requestBody"]["content"]["application/json"]["schema"]["oneOf"].append(
        {"type": "string"}
    ),
    "a body's new property": lambda d: ONE(d)["properties"].update(more={}),
    "a body's property is not required": put(ONE, required=[]),
    "a text is longer": lambda d: ONE(d)["properties"]["text"].update(maxLength=11),
    "a text without a limit": lambda d: ONE(d)["properties"]["text"].pop("maxLength"),
    "an answer's new property": lambda d: ANSWER(d)["properties"].update(more={}),
    "an answer's number is whole": put(SCORE, type="integer"),
    "an answer promises more": put(ANSWER, required=["label", "score", "state"]),
    "a route is opened": put(at("paths", "/ask", "post"), security=[]),
    "a route wants no scope any more": put(at("paths", "/scoped", "get"), security=[{"key": []}]),
    "a header is always there": put(
        at("paths", "/ask", "post", "responses", "200", "headers", "x-request-id"), required=True
    ),
}


@pytest.mark.parametrize("change", list(BREAKING.values()), ids=list(BREAKING))
def test_a_break_is_found(change: Callable[[dict[str, Any]], Any]) -> None:
    assert compared(change)


@pytest.mark.parametrize("change", list(HARMLESS.values()), ids=list(HARMLESS))
def test_what_breaks_nobody_is_let_pass(change: Callable[[dict[str, Any]], Any]) -> None:
    assert compared(change) == []


def test_the_command_names_what_breaks(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(yaml.safe_dump(BASE))
    new.write_text(yaml.safe_dump({**BASE, "paths": {name: BASE["paths"][name] for name in ("/ask", "/scoped")}}))
    assert contract_changes.main([str(old), str(old)]) == 0
    assert contract_changes.main([str(old), str(new)]) == 1
    assert capsys.readouterr().out == "GET /open: is gone\n"
