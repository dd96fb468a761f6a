"""The request's body: parsed, validated, and explained if it is refused. No I/O.

The contract decides what is valid (components/schemas in openapi.yaml); this module only words the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import fastjsonschema

from contracts.features.event import checked_id, publisher_id
from contracts.features.values import FeatureError
from lambda_src.classify.response import ALL, Listing
from lambda_src.common.api import contract, json_body, validation_messages
from lambda_src.common.api.http import Event
from lambda_src.common.problems import Problem

_FIELDS = ("inputs", "headline")
_OPTIONS = ("top_k", "threshold", "publisher")
_SCHEMAS = ("ClassifyRequest", "TextList", "Text", "Options")


@dataclass(frozen=True)
class ClassifyRequest:
    """The texts to classify; `single` if one text was sent on its own, not in a list.

    listing: what the caller wants the answer to list, as far as it was sent. publisher: the id of the texts' publisher;
    "" if none was sent.
    """

    texts: tuple[str, ...]
    single: bool
    listing: Listing = ALL
    publisher: str = ""


def warm() -> None:
    """Compiles the schemas before the first request needs them."""
    for schema in _SCHEMAS:
        contract.validator(schema)


def parse(event: Event) -> ClassifyRequest:
    """The request in an HTTP API event; raises Problem 400, 413, 415 or 422."""
    document = json_body.read(event, example='{"inputs": "a text"}', too_large="Send fewer texts per request.")
    try:
        contract.validator("ClassifyRequest")(document)
    except fastjsonschema.JsonSchemaValueException as error:
        raise Problem("invalid-input", explain(document) or error.message) from error
    value = document["inputs"] if "inputs" in document else document["headline"]
    single = isinstance(value, str)
    texts = (value,) if single else tuple(value)
    for index, text in enumerate(texts):
        if not json_body.is_unicode(text):
            name = ("inputs" if "inputs" in document else "headline") if single else f"inputs[{index}]"
            raise Problem("invalid-input", f"`{name}` contains an unpaired surrogate, which is not valid Unicode.")
    return ClassifyRequest(
        texts=texts, single=single, listing=_listing(document), publisher=_publisher(document.get("publisher"))
    )


def _publisher(name: str | None) -> str:
    """The publisher's id. Raises Problem for a name without a visible character."""
    if name is None:
        return ""
    if not json_body.is_unicode(name):
        raise Problem("invalid-input", "`publisher` contains an unpaired surrogate, which is not valid Unicode.")
    found = publisher_id(name)
    try:
        return checked_id("publisher", found)
    except FeatureError:
        detail = "`publisher` is no name of visible characters, at most 512 bytes in UTF-8: send one, or leave it out."
        raise Problem("invalid-input", detail) from None


def _listing(document: dict[str, Any]) -> Listing:
    top_k = document.get("top_k")
    # JSON Schema counts 5.0 as a whole number, and so does the contract.
    return Listing(top_k=None if top_k is None else int(top_k), threshold=document.get("threshold"))


def explain(document: Any) -> str:
    """One sentence that says which field of a refused document is wrong and what to do; "" if every field is right."""
    if not isinstance(document, dict):
        return 'The body must be a JSON object, such as {"inputs": "a text"}.'
    fields = [field for field in _FIELDS if field in document]
    if len(fields) == 2:
        return "Send either `inputs` or `headline`, not both."
    if not fields:
        return "`inputs` is missing: send a text or a list of texts."
    unknown = next((str(key) for key in document if key not in (*_FIELDS, *_OPTIONS)), None)
    if unknown is not None:
        return f"`{validation_messages.printable(unknown)}` is not a field of this request; remove it."
    return _explain_value(fields[0], document[fields[0]]) or _explain_options(document)


def _explain_options(document: dict[str, Any]) -> str:
    try:
        contract.validator("Options")({name: document[name] for name in _OPTIONS if name in document})
    except fastjsonschema.JsonSchemaValueException as error:
        return validation_messages.explain(error)
    return ""


def _explain_value(field: str, value: Any) -> str:
    if field == "inputs" and isinstance(value, list):
        return _explain_list(value)
    if field == "inputs" and not isinstance(value, str):
        return f"`inputs` is {validation_messages.kind_of(value)}: send a text or a list of texts."
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
            return f"`inputs` has {len(values):,} texts; send at most {error.rule_definition} per request."
        if error.rule == "minItems":
            return "`inputs` is an empty list: send at least one text."
        return f"`inputs` is not valid: {error.message}."
    return ""


def _explain_text(name: str, value: Any) -> str:
    try:
        contract.validator("Text")(value)
    except fastjsonschema.JsonSchemaValueException as error:
        limit = contract.document()["components"]["schemas"]["Text"]["maxLength"]
        if error.rule == "type":
            return f"`{name}` is {validation_messages.kind_of(value)}: send a text of 1 to {limit:,} characters."
        if error.rule == "maxLength":
            return f"`{name}` has {len(value):,} characters; at most {limit:,} are allowed. Shorten it."
        what = "empty" if error.rule == "minLength" else "blank"
        return f"`{name}` is {what}: send a text of 1 to {limit:,} characters."
    return ""
