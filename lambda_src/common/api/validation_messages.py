"""Messages about values that do not match the contract: one sentence with the field and what it accepts. No I/O."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjsonschema import JsonSchemaValueException

_SHOWN = 60  # characters of a name
_JOINERS = "\u200c\u200d"  # a part of the spelling in some scripts, and of emoji

_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    str: "a string",
}
_WANTED = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "an object",
    "boolean": "true or false",
}


def explain(error: JsonSchemaValueException) -> str:
    """The sentence for a fastjsonschema error."""
    message = _MESSAGES.get(str(error.rule))
    if message is None:
        return f"{field_of(error)} is not valid: {error.message}."
    return message(field_of(error), error.rule_definition, error)


def field_of(error: JsonSchemaValueException) -> str:
    """The name of the field at fault, as a caller writes it: `examples[3].text`."""
    path = str(error.name).removeprefix("data").removeprefix(".")
    return f"`{printable(path)}`" if path else "The body"


def printable(name: str) -> str:
    """A name as its author wrote it, but shortened, and without control characters and the like."""
    shown = [each if each.isprintable() or each in _JOINERS else _escaped(each) for each in name[:_SHOWN]]
    return "".join(shown) + ("…" if len(name) > _SHOWN else "")


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1] if ord(character) != 0x7F else "\\u007f"


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    return _KINDS[type(value)]


def _type(field: str, wanted: Any, error: Any) -> str:
    return f"{field} is {kind_of(error.value)}; it must be {_WANTED.get(str(wanted), 'something else')}."


def _required(field: str, wanted: Any, error: Any) -> str:
    missing = next(name for name in wanted if name not in error.value)
    within = "" if field == "The body" else f" in {field}"
    return f"`{missing}` is missing{within}."


def _unknown(field: str, _: Any, error: Any) -> str:
    known = error.definition.get("properties", {})
    extra = next((name for name in error.value if name not in known), "")
    return f"`{printable(str(extra))}` is not a field of this request; allowed fields: {_listed(list(known))}."


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _characters(field: str, _: Any, error: Any) -> str:
    low, high = error.definition.get("minLength", 0), error.definition.get("maxLength")
    length = f"has {len(error.value):,} characters" if error.value else "is empty"
    return f"{field} {length}; it must have {f'{low:,} to {high:,}' if high else f'at least {low:,}'} characters."


def _items(field: str, _: Any, error: Any) -> str:
    low, high = error.definition.get("minItems", 0), error.definition.get("maxItems", 0)
    return f"{field} has {len(error.value):,} items; send {low:,} to {high:,} per request."


def _range(field: str, _: Any, error: Any) -> str:
    low, high = error.definition.get("minimum"), error.definition.get("maximum")
    bounds = f"from {low:,} to {high:,}" if low is not None and high is not None else f"at least {low or 0:,}"
    return f"{field} is {printable(str(error.value))}; it must be {bounds}."


def _pattern(field: str, wanted: Any, error: Any) -> str:
    if str(wanted) == r"\S":
        return f"{field} is blank; it must contain some text."
    return f"{field} contains characters that are not allowed; it must match {wanted}."


def _format(field: str, wanted: Any, _: Any) -> str:
    if wanted == "date-time":
        example = "2026-11-20T21:35:01Z (in a URL, write `+` as %2B)"
        return f"{field} is not a valid date and time. Send one such as {example}."
    return f"{field} is not a valid {wanted}."


def _enum(field: str, wanted: Any, _: Any) -> str:
    return f"{field} must be one of {_listed([str(value) for value in wanted])}."


_MESSAGES: dict[str, Callable[[str, Any, Any], str]] = {
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
