"""Why DocumentDB refuses a command. No I/O.

Messages and codes are those that reports of real clusters show: 303 `Feature not supported`, 304 `Aggregation stage not
supported`, 301 `Retryable writes are not supported`, 9 for an update by a pipeline. Not covered: what an operator that
is supported refuses of its arguments, limits, and the order of results without a sort.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from local_aws.documentdb import supported

Command = Mapping[str, Any]


class Refusal(NamedTuple):
    """The code and the message of an error."""

    code: int
    message: str

    def document(self) -> dict[str, Any]:
        """The reply to a command."""
        return {"ok": 0.0, "code": self.code, "errmsg": self.message}


def refusal(command: Command) -> Refusal | None:
    """Why a command with its document sequences is refused; None if it is not."""
    return next(_faults(command), None)


def _faults(command: Command) -> Iterator[Refusal]:
    name = next(iter(command))
    if name not in supported.COMMANDS:
        yield _feature(name)
    if "txnNumber" in command and "autocommit" not in command:
        yield Refusal(301, "Retryable writes are not supported")
    for option in command.keys() & supported.NO_OPTIONS:
        if command[option]:
            yield _feature(option)
    for key in ("filter", "query", "sort", "projection", "fields"):
        yield from _query(command.get(key, {}))
    for key in ("deletes", "updates"):
        for each in command.get(key, ()):
            yield from _query(each.get("q", {}))
            yield from _update(each.get("u", {}))
            yield from _options(each)
    if name == "findAndModify":
        yield from _update(command.get("update", {}))
    if name == "aggregate":
        yield from _pipeline(command.get("pipeline", ()))
    if name == "createIndexes":
        for index in command.get("indexes", ()):
            yield from _index(index)


def _options(each: Mapping[str, Any]) -> Iterator[Refusal]:
    if each.get("collation"):
        yield _feature("collation")


def _query(value: Any) -> Iterator[Refusal]:
    for operator, inner in _operators(value):
        if operator == "$expr":
            yield from _expression(inner)
        elif operator not in supported.QUERY:
            yield _feature(operator)


def _operators(value: Any) -> Iterator[tuple[str, Any]]:
    """The operators of a query with their arguments; not those within an expression."""
    if isinstance(value, list):
        for each in value:
            yield from _operators(each)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key.startswith("$"):
                yield key, inner
            if key != "$expr":
                yield from _operators(inner)


def _update(value: Any) -> Iterator[Refusal]:
    if isinstance(value, list):
        yield Refusal(9, "Failed to parse update: field must be of BSON type object")
        return
    for operator, fields in value.items():
        if operator.startswith("$") and operator not in supported.UPDATE:
            yield _feature(operator)
        if operator in ("$push", "$addToSet"):
            modifiers = (key for each in fields.values() if isinstance(each, Mapping) for key in each)
            yield from (_feature(key) for key in modifiers if key.startswith("$") and key not in supported.UPDATE)
        if operator == "$pull":
            yield from _query(fields)


def _pipeline(stages: Any) -> Iterator[Refusal]:
    for stage in stages:
        for name, value in stage.items():
            if name not in supported.STAGES:
                yield Refusal(304, f"Aggregation stage not supported: '{name}'")
            elif name == "$match":
                yield from _query(value)
            elif name == "$lookup" and "pipeline" in value:
                yield Refusal(
                    304,
                    "Aggregation stage not supported: '$lookup on multiple join conditions and uncorrelated subquery'",
                )
            else:
                yield from _expression(value)


def _expression(value: Any) -> Iterator[Refusal]:
    if isinstance(value, str) and value.split(".")[0] in supported.NO_VARIABLES:
        yield _feature(value.split(".")[0])
    elif isinstance(value, list):
        for each in value:
            yield from _expression(each)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key.startswith("$") and key not in supported.EXPRESSIONS:
                yield _feature(key)
            if key != "$literal":
                yield from _expression(inner)


def _index(index: Mapping[str, Any]) -> Iterator[Refusal]:
    for option in index.keys() - supported.INDEX_OPTIONS:
        yield _feature(f"index option {option}")
    for kind in index.get("key", {}).values():
        if isinstance(kind, str) and kind not in supported.INDEX_KINDS:
            yield _feature(f"{kind} index")
    if "expireAfterSeconds" in index and len(index.get("key", {})) > 1:
        yield Refusal(67, "TTL indexes are single-field indexes, compound indexes do not support TTL")
    if any("$**" in field for field in index.get("key", {})):
        yield _feature("wildcard index")


def _feature(name: str) -> Refusal:
    return Refusal(303, f"Feature not supported: {name}")
