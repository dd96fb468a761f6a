"""How an actual value differs from a template's: only in properties that the template sets, as CloudFormation does it.

Lists compare in any order, and a single value equals a list of it, as in policies; numbers and booleans compare with
texts, because services keep many of them as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.stack_drift.expected import UNKNOWN

_NAMES = ("Key", "Name", "VariantName", "Id", "Sid")  # what tells the members of a list apart


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One property: its path, the template's value and the account's; "" where one of them has none."""

    path: str
    expected: str
    actual: str


def differences(expected: Any, actual: Any, *, at: str = "") -> Iterator[Difference]:
    """Where `actual` differs from what the template says."""
    if expected == UNKNOWN or _same(expected, actual):
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            yield from differences(value, actual.get(key), at=f"{at}.{key}" if at else key)
    elif isinstance(expected, list) and isinstance(actual, list) and _named(expected) and _named(actual):
        there = {_name(each): each for each in actual}
        for each in expected:
            yield from differences(each, there.pop(_name(each), None), at=f"{at}[{_name(each)}]")
        yield from (Difference(path=f"{at}[{name}]", expected="", actual=_text(each)) for name, each in there.items())
    else:
        yield Difference(path=at, expected=_text(expected), actual=_text(actual))


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(_same(value, actual.get(key)) for key, value in expected.items())
    if isinstance(expected, list) or isinstance(actual, list):
        return _same_members(_listed(expected), _listed(actual))
    if actual is None:
        return expected in (None, [], {})
    text = _text(expected)
    if UNKNOWN not in text:
        return text == _text(actual)
    return re.fullmatch(".*".join(map(re.escape, text.split(UNKNOWN))), _text(actual), re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _same_members(expected: list[Any], actual: list[Any]) -> bool:
    left = list(actual)
    for each in expected:
        match = next((index for index, other in enumerate(left) if _same(each, other)), None)
        if match is None:
            return False
        left.pop(match)
    return not left


def _named(members: list[Any]) -> bool:
    names = [_name(each) for each in members]
    return all(names) and len(set(names)) == len(names)


def _name(member: Any) -> str:
    return next((str(member[key]) for key in _NAMES if key in member), "") if isinstance(member, dict) else ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    return "" if value is None else json.dumps(value, sort_keys=True, default=str)


def policy(expected: Any, actual: Any) -> Iterator[Difference]:
    """How a policy document differs; a part that only the account's statement has counts too."""
    wanted, there = _statements(expected), _statements(actual)
    left = list(there)
    for statement in wanted:
        match = next((each for each in left if each.keys() == statement.keys() and _same(statement, each)), None)
        if match is None:
            yield Difference(path="PolicyDocument.Statement", expected=_text(statement), actual="")
        else:
            left.remove(match)
    yield from (Difference(path="PolicyDocument.Statement", expected="", actual=_text(each)) for each in left)


def _statements(document: Any) -> list[dict[str, Any]]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            document = None
    statements = document.get("Statement") if isinstance(document, dict) else None
    return [each for each in _listed(statements) if isinstance(each, dict)]
