"""Whether one grant already says all that another one says.

When that cannot be told, the answer is no, so that a permission is shown once too often rather than never.
"""

from __future__ import annotations

import re
from functools import cache

from ops.changes.permissions.grants import Clause, Element, Grant

# Any of several values matches; with more values, more requests do.
_ANY_OF = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress")
# None of the values may match; with more values, fewer requests do.
_NONE_OF = (
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
    "ArnNotEquals",
    "ArnNotLike",
    "NotIpAddress",
)
_WITH_WILDCARDS = ("StringLike", "ArnLike", "ArnEquals")  # ArnEquals and ArnLike behave the same (IAM's user guide)
_IF_EXISTS = "IfExists"


def covers(old: Grant, new: Grant) -> bool:
    """Whether every request that `new` matches was matched by `old`, both with the same effect and holder."""
    return (
        old.holder == new.holder
        and old.effect == new.effect
        and element_covers(old.action, new.action, ignoring_case=True)
        and element_covers(old.resource, new.resource)
        and element_covers(old.principal, new.principal)
        and as_strict(new.conditions, old.conditions)
    )


def element_covers(old: Element, new: Element, *, ignoring_case: bool = False) -> bool:
    """Whether `old` matches everything that `new` matches."""
    if ignoring_case:
        old, new = _lowered(old), _lowered(new)
    if old.negated and new.negated:
        return all(any(_pattern_covers(wide, each) for wide in new.patterns) for each in old.patterns)
    if old.negated:
        return not any(_may_meet(each, one) for each in old.patterns for one in new.patterns)
    if new.negated:
        return "*" in old.patterns
    return all(any(_pattern_covers(wide, each) for wide in old.patterns) for each in new.patterns)


def as_strict(new: frozenset[Clause], old: frozenset[Clause]) -> bool:
    """Whether the conditions `new` are at least as strict: each old one is implied by one of them."""
    return all(any(_implies(one, each) for one in new) for each in old)


def _implies(new: Clause, old: Clause) -> bool:
    if new == old:
        return True
    operator, wanted = new.operator.removesuffix(_IF_EXISTS), old.operator.removesuffix(_IF_EXISTS)
    loosened = new.operator.endswith(_IF_EXISTS) and not old.operator.endswith(_IF_EXISTS)
    if new.key != old.key or loosened or ":" in operator or ":" in wanted:
        return False
    if (operator, wanted) == ("StringEquals", "StringLike") or (operator == wanted and operator in _ANY_OF):
        match = _pattern_covers if wanted in _WITH_WILDCARDS else str.__eq__
        return all(any(match(each, value) for each in old.values) for value in new.values)
    if operator == wanted and operator in _NONE_OF:
        return new.values >= old.values
    return operator == wanted and new.values == old.values


def _lowered(element: Element) -> Element:
    return Element(tuple(each.lower() for each in element.patterns), element.negated)


@cache
def _pattern_covers(wide: str, narrow: str) -> bool:
    """Whether a pattern with `*` and `?` matches all that another one matches."""
    if wide in ("*", narrow):
        return True
    parts = (".*" if c == "*" else "[^*]" if c == "?" else re.escape(c) for c in wide)
    return re.fullmatch("".join(parts), narrow, re.DOTALL) is not None


def _may_meet(one: str, other: str) -> bool:
    """Whether two patterns may match the same text: certainly not if what comes before their first wildcard differs."""
    if not set("*?$") & set(one + other):
        return one == other
    left, right = re.split(r"[*?$]", one)[0], re.split(r"[*?$]", other)[0]
    return left.startswith(right) or right.startswith(left)
