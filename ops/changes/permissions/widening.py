"""Which grants are new, and which have gone: told as one line for several where they differ in one part only."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from ops.changes.permissions.covering import as_strict, covers, element_covers
from ops.changes.permissions.grants import ANY, Grant

How = Literal[
    "new holder",
    "new permission",
    "action added",
    "resource added",
    "principal added",
    "condition loosened",
    "Deny gone",
    "opened",
    "narrower",
]
Part = Literal["actions", "resources", "principals"]
_ACCOUNT = re.compile(r"arn:[^:]*:(?:iam|sts)::[0-9]{12}:|^AWS: [0-9]{12}$")
_LOGICAL_ID = re.compile(r"\$\{(?!import )([A-Za-z0-9]+)")


@dataclass(frozen=True, kw_only=True)
class Permission:
    """A permission that widens or narrows. dropped: earlier conditions that are gone; marks: as `any resource`."""

    how: How
    holder: str
    effect: str = "Allow"
    principals: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    note: str = ""
    marks: tuple[str, ...] = ()


def widened(before: Iterable[Grant], after: Iterable[Grant], *, remaining: Collection[str]) -> list[Permission]:
    """What is permitted after and was not before: Allows that no earlier one covers, Denies that none covers any more.

    remaining: the logical ids that the later template still has; a Deny that goes with its holder widens nothing.
    """
    old, new = list(dict.fromkeys(before)), list(dict.fromkeys(after))
    known = {each.holder for each in old}
    by_holder = _by_holder(old)
    found = [
        (_how(grant, by_holder.get(grant.holder, []), known), grant)
        for grant in new
        if grant.effect == "Allow" and not any(covers(each, grant) for each in by_holder.get(grant.holder, []))
    ]
    later = _by_holder(new)
    gone: list[tuple[How, Grant]] = [
        ("Deny gone", grant)
        for grant in old
        if grant.effect == "Deny"
        and _remains(grant.holder, remaining)
        and not any(covers(each, grant) for each in later.get(grant.holder, []))
    ]
    return _told([*found, *gone], by_holder)


def narrowed(before: Iterable[Grant], after: Iterable[Grant]) -> list[Permission]:
    """What was permitted before and is not any more."""
    old, new = list(dict.fromkeys(before)), list(dict.fromkeys(after))
    later, earlier = _by_holder(new), _by_holder(old)
    gone: list[tuple[How, Grant]] = [
        ("narrower", grant)
        for grant in old
        if grant.effect == "Allow" and not any(covers(each, grant) for each in later.get(grant.holder, []))
    ]
    denied: list[tuple[How, Grant]] = [
        ("narrower", grant)
        for grant in new
        if grant.effect == "Deny" and not any(covers(each, grant) for each in earlier.get(grant.holder, []))
    ]
    return _told([*gone, *denied], {})


def _remains(holder: str, remaining: Collection[str]) -> bool:
    match = _LOGICAL_ID.search(holder)
    return match is None or match[1] in remaining


def _by_holder(all_: list[Grant]) -> dict[str, list[Grant]]:
    held: dict[str, list[Grant]] = {}
    for grant in all_:
        held.setdefault(grant.holder, []).append(grant)
    return held


def _how(new: Grant, old: list[Grant], known: set[str]) -> How:
    """The one part in which it goes beyond an earlier grant."""
    if new.holder not in known:
        return "new holder"
    beyond: tuple[tuple[How, Callable[[Grant], bool]], ...] = (
        ("condition loosened", lambda each: not as_strict(new.conditions, each.conditions)),
        ("resource added", lambda each: not element_covers(each.resource, new.resource)),
        ("action added", lambda each: not element_covers(each.action, new.action, ignoring_case=True)),
        ("principal added", lambda each: not element_covers(each.principal, new.principal)),
    )
    allowed = [each for each in old if each.effect == "Allow"]
    for how, goes_beyond in beyond:
        if any([test(each) for _, test in beyond].count(True) == 1 and goes_beyond(each) for each in allowed):
            return how
    return "new permission"


def _told(found: list[tuple[How, Grant]], earlier: dict[str, list[Grant]]) -> list[Permission]:
    lines = [
        Permission(
            how=how,
            holder=grant.holder,
            effect=grant.effect,
            principals=() if grant.principal.patterns == ("",) else (str(grant.principal),),
            actions=(str(grant.action),),
            resources=(str(grant.resource),),
            conditions=tuple(sorted(map(str, grant.conditions))),
            dropped=_dropped(grant, earlier.get(grant.holder, [])) if how == "condition loosened" else (),
            marks=_marks(grant),
        )
        for how, grant in found
    ]
    parts: tuple[Part, ...] = ("actions", "resources", "principals")
    for part in parts:
        lines = _merged(lines, part)
    return sorted(lines, key=lambda each: (each.how == "new holder", each.holder, each.how, each.actions))


def _dropped(new: Grant, old: list[Grant]) -> tuple[str, ...]:
    """The conditions of the earlier permission that the new one no longer implies."""
    same = (each for each in old if covers(replace(each, conditions=frozenset()), new))
    lost = (clause for each in same for clause in each.conditions if not as_strict(new.conditions, frozenset([clause])))
    return tuple(sorted({str(clause) for clause in lost}))


def _merged(lines: list[Permission], part: Part) -> list[Permission]:
    """Lines that differ only in one part become one line."""
    merged: dict[Permission, list[str]] = {}
    for line in lines:
        merged.setdefault(_with(line, part, ()), []).extend(getattr(line, part))
    return [_with(line, part, tuple(sorted(set(several)))) for line, several in merged.items()]


def _with(line: Permission, part: Part, texts: tuple[str, ...]) -> Permission:
    match part:
        case "actions":
            return replace(line, actions=texts)
        case "resources":
            return replace(line, resources=texts)
        case "principals":
            return replace(line, principals=texts)


def _marks(grant: Grant) -> tuple[str, ...]:
    """What a reader must not overlook. An action with a star covers actions that AWS has yet to invent."""
    if grant.effect == "Deny":
        return ()
    everyone = ANY in grant.principal.patterns
    marks = {
        "anyone": everyone and not grant.conditions,
        "anyone who meets the condition": everyone and bool(grant.conditions),
        "any action": grant.action.negated or grant.action.patterns == (ANY,),
        "another account": any(_ACCOUNT.search(each) for each in grant.principal.patterns),
        "many actions": not grant.action.negated and any("*" in each and each != ANY for each in grant.action.patterns),
        "any resource": grant.principal.patterns == ("",)
        and (grant.resource.negated or grant.resource.patterns == (ANY,)),
        "may change permissions": any(
            each.lower().startswith(("iam:put", "iam:attach", "iam:create", "iam:update", "iam:delete", "iam:pass"))
            for each in grant.action.patterns
        ),
    }
    return tuple(mark for mark, there in marks.items() if there)
