"""What a set of policy documents says of one request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from local_aws.iam import conditions
from local_aws.iam.matching import Context, expanded, like

Statement = Mapping[str, Any]
Document = str | Mapping[str, Any]


class Decision(Enum):
    """A Deny wins over every Allow; without either nothing is allowed ("Policy evaluation logic")."""

    ALLOWED = "allowed"
    DENIED = "explicit deny"
    NOT_ALLOWED = "implicit deny"


@dataclass(frozen=True)
class Request:
    """`s3:GetObject` on an ARN, with the condition keys that the service sends (names in lower case).

    resource: None where it is not known; then an Allow of any resource counts, and a Deny of all.
    """

    action: str
    resource: str | None
    context: Context = field(default_factory=dict)


def decide(
    documents: Iterable[Document], request: Request, *, speaks_of: Callable[[Statement], bool] | None = None
) -> Decision:
    """The decision of these documents together. `speaks_of`: which statements have the caller for a principal."""
    decision = Decision.NOT_ALLOWED
    for statement in statements(documents):
        if speaks_of is not None and not speaks_of(statement):
            continue
        if not _is_about(statement, request):
            continue
        holds = conditions.met(statement.get("Condition") or {}, request.context)
        if statement.get("Effect") == "Allow":
            decision = Decision.ALLOWED if holds else decision
        elif holds is not False:
            return Decision.DENIED
    return decision


def statements(documents: Iterable[Document]) -> Iterator[Statement]:
    """The statements of documents, which are JSON texts or already read."""
    for document in documents:
        content = (json.loads(document) if isinstance(document, str) else document).get("Statement", [])
        yield from [content] if isinstance(content, Mapping) else content


def listed(value: Any) -> list[Any]:
    """A policy element that may be one value or several."""
    return value if isinstance(value, list) else [value]


def _is_about(statement: Statement, request: Request) -> bool:
    return _covers(statement, "Action", lambda text: like(request.action, text, ignore_case=True)) and _covers(
        statement, "Resource", lambda text: _names(text, request, allows=statement.get("Effect") == "Allow")
    )


def _covers(statement: Statement, element: str, matches: Callable[[str], bool]) -> bool:
    """An element or its Not... form; a trust policy has no Resource, which covers everything."""
    if element in statement:
        return any(map(matches, listed(statement[element])))
    if f"Not{element}" in statement:
        return not any(map(matches, listed(statement[f"Not{element}"])))
    return True


def _names(pattern: str, request: Request, *, allows: bool) -> bool:
    if request.resource is None:
        return allows or pattern == "*"
    filled = expanded(pattern, request.context)
    return filled is not None and like(request.resource, filled)
