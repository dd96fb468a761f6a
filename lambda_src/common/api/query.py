"""The query string of a request, validated against the contract's parameters. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from lambda_src.common.api import contract, validation_messages
from lambda_src.common.api.http import Event
from lambda_src.common.problems import Problem

MAX_CHARACTERS = 4096


def read(event: Event, *, method: str, path: str) -> dict[str, Any]:
    """The parameters that were sent, by name, as the types that the contract declares. Raises Problem 422.

    method, path: the operation, as written in the contract. A parameter that the operation does not have is refused.
    """
    known = _parameters(method, path)
    raw = str(event.get("rawQueryString") or "")
    if len(raw) > MAX_CHARACTERS:
        raise Problem(
            "invalid-input", f"The query string has {len(raw):,} characters; at most {MAX_CHARACTERS:,} are allowed."
        )
    try:
        sent = parse_qs(raw, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError as error:
        raise Problem("invalid-input", "The query string is not valid: send percent-encoded UTF-8.") from error
    for name, texts in sent.items():
        if name not in known:
            listed = ", ".join(f"`{one}`" for one in known) or "none"
            shown = validation_messages.printable(name)
            raise Problem("invalid-input", f"`{shown}` is not a parameter of this route; allowed parameters: {listed}.")
        if len(texts) > 1:
            raise Problem("invalid-input", f"`{name}` appears {len(texts)} times; send it once.")
    values = {name: _typed(texts[0], known[name]) for name, texts in sent.items()}
    _check(values, method=method, path=path)
    return values


def _check(values: dict[str, Any], *, method: str, path: str) -> None:
    if not values:
        return
    import fastjsonschema  # here, as most requests have no query

    try:
        _validator(method, path)(values)
    except fastjsonschema.JsonSchemaValueException as error:
        raise Problem("invalid-input", validation_messages.explain(error)) from error


@cache
def _parameters(method: str, path: str) -> dict[str, dict[str, Any]]:
    shared = contract.document()["components"].get("parameters", {})
    declared = contract.document()["paths"][path][method].get("parameters", [])
    parameters = [shared[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in declared]
    return {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}


@cache
def _validator(method: str, path: str) -> Callable[[Any], Any]:
    import fastjsonschema

    schema = {"properties": _parameters(method, path), "components": contract.document()["components"]}
    check: Callable[[Any], Any] = fastjsonschema.compile(schema)
    return check


_READERS: dict[str, Callable[[str], Any]] = {"integer": int, "number": float}


def _typed(text: str, schema: dict[str, Any]) -> Any:
    """The text converted to the schema's type, or unchanged if it cannot be; validation then refuses it."""
    kind = str(schema.get("type", ""))
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    reader = _READERS.get(kind)
    # Python accepts numbers that JSON does not: 1_000, " 1", inf.
    if reader is None or set(text) - set("+-.0123456789eE"):
        return text
    try:
        return reader(text)
    except ValueError:
        return text
