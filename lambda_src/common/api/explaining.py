"""One sentence for the caller about a value that does not fit the contract: the field, and what it takes. No I/O."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjsonschema import JsonSchemaValueException

_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    str: "a text",
}
_WANTED = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "an object",
    "boolean": "true or false",
}


def explain(error: JsonSchemaValueException) -> str:
    """The sentence for a fastjsonschema error."""
    words = _SENTENCES.get(str(error.rule))
    if words is None:
        return f"{field_of(error)} is not valid: {error.message}."
    return words(field_of(error), error.rule_definition, error)


def field_of(error: JsonSchemaValueException) -> str:
    """The name of the field at fault, as a caller writes it: `examples[3].text`."""
    path = str(error.name).removeprefix("data").removeprefix(".")
    return f"`{printable(path)}`" if path else "The body"


def printable(name: str) -> str:
    """A name from the caller, short and without control characters."""
    return json.dumps(name[:60])[1:-1][:60]


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    return _KINDS[type(value)]


def _type(field: str, wanted: Any, error: Any) -> str:
    return f"{field} is {kind_of(error.value)}: give {_WANTED.get(str(wanted), 'something else')}."


def _required(field: str, wanted: Any, error: Any) -> str:
    missing = next(name for name in wanted if name not in error.value)
    within = "" if field == "The body" else f" in {field}"
    return f"`{missing}` is missing{within}."


def _unknown(field: str, _: Any, error: Any) -> str:
    known = error.definition.get("properties", {})
    extra = next((name for name in error.value if name not in known), "")
    return f"`{printable(str(extra))}` is not a field of this request; it takes {_listed(list(known))}."


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _characters(field: str, _: Any, error: Any) -> str:
    low, high = error.definition.get("minLength", 0), error.definition.get("maxLength")
    given = f"has {len(error.value):,} characters" if error.value else "is empty"
    return f"{field} {given}: give {low:,} to {high:,}." if high else f"{field} {given}: give at least {low:,}."


def _items(field: str, _: Any, error: Any) -> str:
    low, high = error.definition.get("minItems", 0), error.definition.get("maxItems", 0)
    return f"{field} has {len(error.value):,} items; give {low:,} to {high:,} a call."


def _range(field: str, _: Any, error: Any) -> str:
    low, high = error.definition.get("minimum"), error.definition.get("maximum")
    bounds = f"{low:,} to {high:,}" if low is not None and high is not None else f"at least {low or 0:,}"
    return f"{field} is {printable(str(error.value))}: give {bounds}."


def _pattern(field: str, wanted: Any, error: Any) -> str:
    if str(wanted) == r"\S":
        return f"{field} is blank: give some text."
    return f"{field} has characters that are not allowed: it has to match {wanted}."


def _format(field: str, wanted: Any, _: Any) -> str:
    if wanted == "date-time":
        example = "give one such as 2026-11-20T21:35:01Z (a `+` in a URL is written %2B)"
        return f"{field} is not a valid date and time: {example}."
    return f"{field} is not a valid {wanted}."


def _enum(field: str, wanted: Any, _: Any) -> str:
    return f"{field} has to be one of {_listed([str(value) for value in wanted])}."


_SENTENCES: dict[str, Callable[[str, Any, Any], str]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _unknown,
    "minLength": _characters,
    "maxLength": _characters,
    "minItems": _items,
    "maxItems": _items,
    "minimum": _range,
    "maximum": _range,
    "pattern": _pattern,
    "format": _format,
    "enum": _enum,
}
