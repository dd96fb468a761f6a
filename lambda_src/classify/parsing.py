"""The request's body: what is accepted, and what is said of what is not. No I/O.

Whether a body fits is the contract's to say (components/schemas in openapi.yaml); this module only words the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import fastjsonschema

from lambda_src.common.api import contract, explaining, json_body
from lambda_src.common.api.http import Event
from lambda_src.common.problems import Problem

_FIELDS = ("inputs", "headline")
_SCHEMAS = ("ClassifyRequest", "TextList", "Text")


@dataclass(frozen=True)
class ClassifyRequest:
    """The texts to classify; `single` when one text was given by itself, not in a list."""

    texts: tuple[str, ...]
    single: bool


def warm() -> None:
    """Compiles the schemas, so that no request waits for it."""
    for schema in _SCHEMAS:
        contract.validator(schema)


def parse(event: Event) -> ClassifyRequest:
    """The request in an HTTP API event; raises Problem 400, 413, 415 or 422."""
    document = json_body.read(event, example='{"inputs": "a headline"}', too_large="Send fewer texts a call.")
    try:
        contract.validator("ClassifyRequest")(document)
    except fastjsonschema.JsonSchemaValueException as error:
        raise Problem("invalid-input", explain(document) or error.message) from error
    value = document["inputs"] if "inputs" in document else document["headline"]
    single = isinstance(value, str)
    texts = (value,) if single else tuple(value)
    for index, text in enumerate(texts):
        if not json_body.is_unicode(text):
            name = next(iter(document)) if single else f"inputs[{index}]"
            raise Problem("invalid-input", f"`{name}` has half of a surrogate pair, which is not Unicode text.")
    return ClassifyRequest(texts=texts, single=single)


def explain(document: Any) -> str:
    """One sentence that says which field of a refused document is wrong and what to do; "" if nothing was found."""
    if not isinstance(document, dict):
        return 'The body has to be a JSON object, such as {"inputs": "a headline"}.'
    given = [field for field in _FIELDS if field in document]
    if len(given) == 2:
        return "Both `inputs` and `headline` are given; send one of them."
    if not given:
        return "`inputs` is missing: give a text, or a list of texts."
    unknown = next((str(key) for key in document if key not in _FIELDS), None)
    if unknown is not None:
        return f"`{explaining.printable(unknown)}` is not a field of this request; remove it."
    return _explain_value(given[0], document[given[0]])


def _explain_value(field: str, value: Any) -> str:
    if field == "inputs" and isinstance(value, list):
        return _explain_list(value)
    if field == "inputs" and not isinstance(value, str):
        return f"`inputs` is {explaining.kind_of(value)}: give a text, or a list of texts."
    return _explain_text(field, value)


def _explain_list(values: list[Any]) -> str:
    for index, value in enumerate(values[: contract.document()["components"]["schemas"]["TextList"]["maxItems"]]):
        reason = _explain_text(f"inputs[{index}]", value)
        if reason:
            return reason
    try:
        contract.validator("TextList")(values)
    except fastjsonschema.JsonSchemaValueException as error:
        if error.rule == "maxItems":
            return f"`inputs` has {len(values):,} texts; at most {error.rule_definition} a call are allowed. Split it."
        if error.rule == "minItems":
            return "`inputs` is an empty list: give at least one text."
        return f"`inputs` is not valid: {error.message}."
    return ""


def _explain_text(name: str, value: Any) -> str:
    try:
        contract.validator("Text")(value)
    except fastjsonschema.JsonSchemaValueException as error:
        limit = contract.document()["components"]["schemas"]["Text"]["maxLength"]
        if error.rule == "type":
            return f"`{name}` is {explaining.kind_of(value)}: give a text of 1 to {limit:,} characters."
        if error.rule == "maxLength":
            return f"`{name}` has {len(value):,} characters; at most {limit:,} are taken. Shorten it."
        what = "empty" if error.rule == "minLength" else "blank"
        return f"`{name}` is {what}: give a text of 1 to {limit:,} characters."
    return ""
