#!/usr/bin/env python3
"""Finds changes in a new OpenAPI document that break callers of an old one: `contract_changes.py OLD.yaml NEW.yaml`.

A client sends what the old document lets it send and reads what the old document promises. So a request may only be
taken more widely and an answer may only promise more. Statuses of errors may be added: a client has to know classes of
errors in any case.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# (keyword, whether a larger value takes less)
_BOUNDS = (
    *(("minLength", True), ("maxLength", False), ("minItems", True), ("maxItems", False)),
    *(("minimum", True), ("maximum", False)),
)


def breaking(old: Document, new: Document) -> list[str]:
    """One line for each breaking change; [] if there is none."""
    return list(dict.fromkeys(_Comparison(old, new).paths()))


class _Comparison:
    """The two documents, for following their references."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old = old
        self._new = new
        self._open: set[tuple[str, int, int]] = set()

    def paths(self) -> Iterator[str]:
        for path, item in self._old["paths"].items():
            for method in _METHODS:
                if method not in item:
                    continue
                where = f"{method.upper()} {path}"
                now = self._new["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{where}: is gone"
                else:
                    yield from self._operation(where, item[method], now)

    def _operation(self, where: str, old: Document, new: Document) -> Iterator[str]:
        before = _scopes(old.get("security", self._old.get("security", [])))
        after = _scopes(new.get("security", self._new.get("security", [])))
        if before is None and after is not None:
            yield f"{where}: needs a key now"
        for scope in sorted((after or set()) - (before or set())):
            yield f"{where}: needs the scope {scope} now"
        yield from self._parameters(where, old, new)
        yield from self._body(f"{where} body", old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                # An error that no longer happens breaks no caller.
                if status.startswith("2"):
                    yield f"{where} {status}: is gone"
                continue
            yield from self._answer(f"{where} {status}", answer, new["responses"][status])
        for status in new["responses"]:
            if status.startswith("2") and status not in old["responses"]:
                yield f"{where} {status}: is a new way to succeed"

    def _parameters(self, where: str, old: Document, new: Document) -> Iterator[str]:
        before = {(p["in"], p["name"]): p for p in (_at(p, self._old) for p in old.get("parameters", []))}
        after = {(p["in"], p["name"]): p for p in (_at(p, self._new) for p in new.get("parameters", []))}
        for key, parameter in after.items():
            if parameter.get("required") and not before.get(key, {}).get("required"):
                yield f"{where} parameter {key[1]}: is required now"
        for key, parameter in before.items():
            if key not in after:
                yield f"{where} parameter {key[1]}: is gone"
            else:
                yield from self._narrowed(f"{where} parameter {key[1]}", parameter["schema"], after[key]["schema"])

    def _body(self, where: str, old: Document | None, new: Document | None) -> Iterator[str]:
        if new is not None and new.get("required") and not (old or {}).get("required"):
            yield f"{where}: is required now"
        if old is None:
            return
        if new is None:
            yield f"{where}: is gone"
            return
        for kind, media in old["content"].items():
            if kind not in new["content"]:
                yield f"{where} {kind}: is gone"
            else:
                yield from self._narrowed(where, media["schema"], new["content"][kind]["schema"])

    def _answer(self, where: str, old: Document, new: Document) -> Iterator[str]:
        before, after = _at(old, self._old), _at(new, self._new)
        for name in before.get("headers", {}):
            yield from self._header(
                f"{where} header {name}", before["headers"][name], after.get("headers", {}).get(name)
            )
        for kind, media in before.get("content", {}).items():
            if kind not in after.get("content", {}):
                yield f"{where} {kind}: is gone"
            else:
                yield from self._widened(where, media["schema"], after["content"][kind]["schema"])

    def _header(self, where: str, old: Any, new: Any | None) -> Iterator[str]:
        if new is None:
            yield f"{where}: is gone"
            return
        before, after = _at(old, self._old), _at(new, self._new)
        if before.get("required") and not after.get("required"):
            yield f"{where}: may be missing now"
        yield from self._widened(where, before.get("schema", {}), after.get("schema", {}))

    def _narrowed(self, where: str, old: Any, new: Any) -> Iterator[str]:
        """Requests that `old` allows and `new` does not accept."""
        before, after = _at(old, self._old), _at(new, self._new)
        with self._entered("narrowed", old, new) as known:
            if not known:
                yield from self._narrowed_by(where, before, after)

    def _narrowed_by(self, where: str, before: Document, after: Document) -> Iterator[str]:
        yield from _takes_less(where, before, after)
        yield from _branches(where, before, after, self._old, self._new, check=self._narrowed)
        had, has = before.get("properties", {}), after.get("properties", {})
        for name in sorted(set(after.get("required", [])) - set(before.get("required", []))):
            yield f"{where}.{name}: is required now"
        for name, schema in had.items():
            if name in has:
                yield from self._narrowed(f"{where}.{name}", schema, has[name])
            elif after.get("additionalProperties") is False:
                yield f"{where}.{name}: is not taken any more"
        if after.get("additionalProperties") is False and before.get("additionalProperties") is not False and had:
            yield f"{where}: takes no further properties now"
        if "items" in before and "items" in after:
            yield from self._narrowed(f"{where}[]", before["items"], after["items"])
        if isinstance(before.get("additionalProperties"), dict) and "additionalProperties" in after:
            values = before["additionalProperties"], after["additionalProperties"]
            yield from self._narrowed(f"{where}{{}}", *values)

    def _widened(self, where: str, old: Any, new: Any) -> Iterator[str]:
        """Answers of `new` that a client of `old` does not expect, or parts that it no longer finds."""
        before, after = _at(old, self._old), _at(new, self._new)
        with self._entered("widened", old, new) as known:
            if not known:
                yield from self._widened_by(where, before, after)

    def _widened_by(self, where: str, before: Document, after: Document) -> Iterator[str]:
        yield from _takes_less(where, after, before, words="may be more than before")
        yield from _branches(
            where,
            after,
            before,
            self._new,
            self._old,
            check=lambda w, a, b: self._widened(w, b, a),
            words="is a new form",
        )
        had, has = before.get("properties", {}), after.get("properties", {})
        for name in sorted(set(before.get("required", [])) - set(after.get("required", []))):
            yield f"{where}.{name}: may be missing now"
        for name, schema in had.items():
            if name in has:
                yield from self._widened(f"{where}.{name}", schema, has[name])
            else:
                yield f"{where}.{name}: is gone"
        if "items" in before and "items" in after:
            yield from self._widened(f"{where}[]", before["items"], after["items"])
        if isinstance(before.get("additionalProperties"), dict) and "additionalProperties" in after:
            values = before["additionalProperties"], after["additionalProperties"]
            yield from self._widened(f"{where}{{}}", *values)

    @contextmanager
    def _entered(self, way: str, before: Any, after: Any) -> Iterator[bool]:
        """Whether this very pair is being compared already: schemas may refer to themselves."""
        key = (way, id(before), id(after))
        known = key in self._open
        self._open.add(key)
        try:
            yield known
        finally:
            if not known:
                self._open.discard(key)


def _takes_less(where: str, before: Document, after: Document, *, words: str = "takes less") -> Iterator[str]:
    """The keywords by which `after` takes less than `before`."""
    had, has = _types(before), _types(after)
    if has is not None and (had is None or not had <= has):
        lost = sorted(had - has) if had else ["any"]
        yield f"{where}: type, {words} ({', '.join(lost)})"
    for keyword in ("enum", "const"):
        if keyword in after:
            values = _values(before)
            if values is None or not all(value in (_values(after) or []) for value in values):
                yield f"{where}: {keyword}, {words}"
    for keyword, larger_is_less in _BOUNDS:
        if keyword not in after:
            continue
        bound, former = after[keyword], before.get(keyword)
        if former is None or (bound > former if larger_is_less else bound < former):
            yield f"{where}: {keyword}, {words} ({former} to {bound})"
    for keyword in ("pattern", "format", "uniqueItems"):
        if keyword in after and after[keyword] != before.get(keyword):
            yield f"{where}: {keyword}, {words} ({before.get(keyword)} to {after[keyword]})"


def _branches(
    where: str, before: Document, after: Document, old: Document, new: Document, *, check: Any, words: str = "is gone"
) -> Iterator[str]:
    """Forms (oneOf, anyOf) of `before` that no form of `after` accepts."""
    for keyword in ("oneOf", "anyOf"):
        forms = before.get(keyword) or ([before] if after.get(keyword) else [])
        wider = after.get(keyword) or ([after] if before.get(keyword) else [])
        for number, form in enumerate(forms):
            name = form.get("$ref", f"#/{number}").rsplit("/", 1)[1]
            if not any(next(iter(check(where, form, one)), None) is None for one in wider):
                yield f"{where} {name}: {words}"


def _scopes(security: Any) -> set[str] | None:
    """The scopes that every way to authenticate requires; None if authentication is not required."""
    if not security or {} in security:
        return None
    ways = [{str(scope) for scopes in way.values() for scope in scopes} for way in security]
    return set[str].intersection(*ways)


def _types(schema: Document) -> set[str] | None:
    declared = schema.get("type")
    if declared is None:
        return None
    names = {declared} if isinstance(declared, str) else set(declared)
    # Every whole number is a number.
    return names | {"integer"} if "number" in names else names


def _values(schema: Document) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _at(node: Any, document: Document) -> Document:
    """A node or the node that it refers to, with the parts of an allOf merged."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    if not isinstance(node, dict):
        return {}
    if "allOf" not in node:
        return node
    parts = [_at(part, document) for part in node["allOf"]]
    whole = {name: value for part in [*parts, node] for name, value in part.items() if name != "allOf"}
    whole["properties"] = {name: value for part in [*parts, node] for name, value in part.get("properties", {}).items()}
    whole["required"] = [name for part in [*parts, node] for name in part.get("required", [])]
    return whole


def main(argv: list[str] | None = None) -> int:
    """The command; returns 1 when something breaks."""
    parser = argparse.ArgumentParser(prog="contract_changes.py", description="What breaks the clients of a contract.")
    parser.add_argument("old", type=Path, help="the released OpenAPI document (YAML or JSON)")
    parser.add_argument("new", type=Path, help="the one to be released")
    options = parser.parse_args(argv)
    changes = breaking(*(yaml.safe_load(path.read_text("utf-8")) for path in (options.old, options.new)))
    for line in changes:
        print(line)
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main())
