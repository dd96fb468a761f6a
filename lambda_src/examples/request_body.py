"""The request's body, parsed: one labelled text or a list. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import fastjsonschema

from contracts.texts import text_normalization
from lambda_src.common.api import contract, json_body, validation_messages
from lambda_src.common.api.http import Event
from lambda_src.common.problems import Problem

_EXAMPLE = '{"text": "a text", "label": "its label"}'


@dataclass(frozen=True, kw_only=True)
class Example:
    """A labelled text as it was sent; `text_id` identifies the text in all its spellings."""

    text: str
    label: str
    text_id: str


def parse(event: Event) -> list[Example]:
    """The examples in an HTTP API event; raises Problem 400, 413, 415 or 422."""
    document = json_body.read(event, example=_EXAMPLE, too_large="Send fewer examples per request.")
    listed = isinstance(document, dict) and "examples" in document
    try:
        contract.validator("ExampleList" if listed else "Example")(document)
    except fastjsonschema.JsonSchemaValueException as error:
        raise Problem("invalid-input", validation_messages.explain(error)) from error
    if not listed:
        return [_example(document, name="")]
    return [_example(one, name=f"examples[{index}].") for index, one in enumerate(document["examples"])]


def _example(document: dict[str, Any], *, name: str) -> Example:
    for field in ("text", "label"):
        if not json_body.is_unicode(document[field]):
            raise Problem(
                "invalid-input", f"`{name}{field}` contains an unpaired surrogate, which is not valid Unicode."
            )
    text, label = text_normalization.normalised(document["text"]), text_normalization.normalised(document["label"])
    if not text or not label:
        field = "label" if text else "text"
        raise Problem("invalid-input", f"`{name}{field}` has no visible characters; it must contain some text.")
    return Example(text=document["text"], label=label, text_id=text_normalization.text_id(text))
