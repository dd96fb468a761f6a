"""The request's body, parsed: one label. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

import fastjsonschema

from lambda_src.common.api import contract, json_body, validation_messages
from lambda_src.common.api.http import Event
from lambda_src.common.problems import Problem

_EXAMPLE = '{"request_id": "JKJaXmPLvHcESHA=", "position": 0, "label": "its label"}'
_TEXTS = ("request_id", "label", "labeller")


@dataclass(frozen=True, kw_only=True)
class LabelRequest:
    """The contract's LabelRequest. sample: why the queue had the text, "" if the caller does not say."""

    request_id: str
    position: int
    label: str
    labeller: str | None
    sample: str


def parse(event: Event) -> LabelRequest:
    """The request in an event; raises Problem 400, 413, 415 or 422."""
    document = json_body.read(event, example=_EXAMPLE, too_large="Send one label per request.")
    try:
        contract.validator("LabelRequest")(document)
    except fastjsonschema.JsonSchemaValueException as error:
        raise Problem("invalid-input", validation_messages.explain(error)) from error
    for name in _TEXTS:
        if not json_body.is_unicode(document.get(name, "")):
            raise Problem("invalid-input", f"`{name}` contains an unpaired surrogate, which is not valid Unicode.")
    return LabelRequest(
        request_id=document["request_id"],
        position=int(document.get("position", 0)),
        label=document["label"],
        labeller=document.get("labeller"),
        sample=document.get("sample", ""),
    )
