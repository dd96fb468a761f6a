"""Fills in a state's Parameters as an execution does: JSONPath references and the few intrinsics that we use."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


class NotEvaluated(Exception):  # noqa: N818 (read by people who write a new kind of expression)
    """An expression that this module does not know; teach it, rather than guess."""


def payload(template: Any, *, data: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
    """A payload template filled in from the state's input (`$`) and the context object (`$$`)."""
    if isinstance(template, list):
        return [payload(each, data=data, context=context) for each in template]
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): _expression(value, data, context)
        if key.endswith(".$")
        else payload(value, data=data, context=context)
        for key, value in template.items()
    }


def _expression(text: str, data: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
    if text.startswith("$$"):
        return _at(text[2:], context)
    if text.startswith("$"):
        return _at(text[1:], data)
    call = re.fullmatch(r"States\.(\w+)\((.*)\)", text)
    if call and call[1] == "Format":
        form, *arguments = (part.strip() for part in call[2].split(","))
        values = iter([_expression(each, data, context) for each in arguments])
        return re.sub(r"\{\}", lambda _: str(next(values)), form.strip("'"))
    if call and call[1] == "StringToJson":
        return json.loads(_expression(call[2], data, context))
    raise NotEvaluated(text)


def _at(path: str, value: Any) -> Any:
    if not re.fullmatch(r"(\.\w+)*", path):
        raise NotEvaluated(f"${path}")
    for name in path.split(".")[1:]:
        value = value[name]
    return value
