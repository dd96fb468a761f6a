"""Evaluate a set of policy documents for one request."""

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
    """A Deny overrides every Allow; without either, nothing is allowed ("Policy evaluation logic")."""

    ALLOWED = "allowed"
    DENIED = "explicit deny"
    NOT_ALLOWED = "implicit deny"


@dataclass(frozen=True)
class Request:
    """An action such as `s3:GetObject` on an ARN, with the condition keys that the service sends (names in lower case).

    resource: None if unknown; then an Allow for any resource counts, but only a Deny for all resources does.
    """

    action: str
    resource: str | None
    context: Context = field(default_factory=dict)


def decide(
    documents: Iterable[Document], request: Request, *, speaks_of: Callable[[Statement], bool] | None = None
) -> Decision:
    """Return these documents' combined decision. `speaks_of`: whether a statement's principal matches the caller."""
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
    """Yield the statements of documents, given as JSON text or already parsed."""
    for document in documents:
        content = (json.loads(document) if isinstance(document, str) else document).get("Statement", [])
        yield from [content] if isinstance(content, Mapping) else content


def listed(value: Any) -> list[Any]:
    """Return a policy element as a list; it may be a single value."""
    return value if isinstance(value, list) else [value]


def _is_about(statement: Statement, request: Request) -> bool:
    return _covers(statement, "Action", lambda text: like(request.action, text, ignore_case=True)) and _covers(
        statement, "Resource", lambda text: _names(text, request, allows=statement.get("Effect") == "Allow")
    )


def _covers(statement: Statement, element: str, matches: Callable[[str], bool]) -> bool:
    """Match an element or its Not... form; a missing one, such as a trust policy's Resource, matches everything."""
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
