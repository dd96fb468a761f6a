"""Policy documents as single grants: one action on one resource by one principal, allowed or denied.

`minimizePolicies` of the CDK merges and splits statements, so that only grants can be compared, never statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ops.changes import values

Effect = Literal["Allow", "Deny"]
ANY = "*"


@dataclass(frozen=True)
class Element:
    """A pattern such as `s3:Get*`; negated: everything but these (NotAction, NotResource, NotPrincipal)."""

    patterns: tuple[str, ...]
    negated: bool = False

    def __str__(self) -> str:
        listed = ", ".join(self.patterns)
        return f"everything but {listed}" if self.negated else listed


@dataclass(frozen=True)
class Clause:
    """One condition: an operator, its key (IAM ignores the case of keys) and the values, of which one has to match."""

    operator: str
    key: str
    values: frozenset[str]

    def __str__(self) -> str:
        return f"{self.operator} {self.key} {' or '.join(sorted(self.values))}"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one holder's policy says. holder: a role, or what a policy protects; principal: NOBODY for a role."""

    holder: str
    effect: Effect
    principal: Element
    action: Element
    resource: Element
    conditions: frozenset[Clause] = frozenset()


NOBODY = Element(("",))  # the principal in a policy of a role, which is the role itself
EVERYTHING = Element((ANY,))


def is_document(value: Any) -> bool:
    """Whether a value is a policy document."""
    return isinstance(value, dict) and isinstance(value.get("Statement"), dict | list)


def of_document(document: dict[str, Any], *, holder: str) -> Iterator[Grant]:
    """The grants of a policy document; both sides of an Fn::If count, as no condition is evaluated here."""
    for statement in _alternatives(document["Statement"]):
        if isinstance(statement, dict):
            yield from _of_statement(statement, holder=holder)


def _alternatives(value: Any) -> Iterator[Any]:
    """The members of a list, or the value itself, with both sides of each Fn::If and without AWS::NoValue."""
    if isinstance(value, list):
        for each in value:
            yield from _alternatives(each)
    elif isinstance(value, dict) and list(value) == ["Fn::If"]:
        yield from _alternatives(value["Fn::If"][1:])
    elif value != {"Ref": "AWS::NoValue"}:
        yield value


def _of_statement(statement: dict[str, Any], *, holder: str) -> Iterator[Grant]:
    effect: Effect = "Deny" if statement.get("Effect") == "Deny" else "Allow"
    conditions = frozenset(_clauses(statement.get("Condition")))
    for principal in _elements(statement, "Principal", absent=NOBODY):
        for action in _elements(statement, "Action", absent=EVERYTHING):
            for resource in _elements(statement, "Resource", absent=EVERYTHING):
                yield Grant(
                    holder=holder,
                    effect=effect,
                    principal=principal,
                    action=action,
                    resource=resource,
                    conditions=conditions,
                )


def _elements(statement: dict[str, Any], name: str, *, absent: Element) -> Iterator[Element]:
    read = _principals if name == "Principal" else _texts
    if f"Not{name}" in statement:
        yield Element(tuple(sorted(read(statement[f"Not{name}"]))), negated=True)
    elif name in statement:
        yield from (Element((pattern,)) for pattern in dict.fromkeys(read(statement[name])))
    else:
        yield absent


def _texts(value: Any) -> list[str]:
    return [values.without_hashes(values.text(each)) for each in _alternatives(value)]


def _principals(value: Any) -> list[str]:
    """`AWS: arn:...`, `Service: lambda.amazonaws.com`; `*` for everybody (`"*"` and `{"AWS": "*"}` mean the same)."""
    listed = []
    for each in _alternatives(value):
        if isinstance(each, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in each):
            listed += [
                ANY if name == ANY else f"{kind}: {name}" for kind, names in each.items() for name in _texts(names)
            ]
        else:
            listed += _texts(each)
    return listed


def _clauses(condition: Any) -> Iterator[Clause]:
    if not isinstance(condition, dict):
        return
    for operator, keys in condition.items():
        if not isinstance(keys, dict):
            yield Clause(operator, "", frozenset(_texts(keys)))
            continue
        for key, wanted in keys.items():
            listed = [str(each).lower() if isinstance(each, bool) else each for each in _alternatives(wanted)]
            yield Clause(operator, key.lower(), frozenset(_texts(listed)))
