"""Check a request's expressions, and the names and values they use, against DynamoDB's limits. No I/O.

Sources in DynamoDB's developer guide: "Constraints in Amazon DynamoDB" (expression parameters), and the example "Count
expression operators in DynamoDB", which shows that the operator limit also applies to conditions and filters.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.dynamodb_limits import sizes

EXPRESSION_BYTES, PLACEHOLDER_BYTES, VARIABLES_BYTES = 4096, 255, 2 * 1024 * 1024
OPERATORS, OPERANDS = 300, 100
_NAMES = (
    "KeyConditionExpression",
    "FilterExpression",
    "ConditionExpression",
    "UpdateExpression",
    "ProjectionExpression",
)
_FUNCTION = r"\b(?!(?:AND|OR|NOT|IN|BETWEEN)\b)[a-z_]+\s*\("
# `=` assigns in an update; everywhere else it compares.
_IN_UPDATE = re.compile(rf"[+-]|{_FUNCTION}", re.IGNORECASE)
_ELSEWHERE = re.compile(rf"<>|<=|>=|[=<>]|\b(?:AND|OR|NOT|IN|BETWEEN)\b|{_FUNCTION}", re.IGNORECASE)
_IN = re.compile(r"\bIN\s*\(([^()]*)\)", re.IGNORECASE)


def faults(request: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ValidationException messages. request: a call, or a part of one that has its own expressions."""
    for name in _NAMES:
        yield from _of_expression(name, str(request.get(name) or ""))
    names: dict[str, str] = request.get("ExpressionAttributeNames") or {}
    values: dict[str, Any] = request.get("ExpressionAttributeValues") or {}
    for value in values.values():
        yield from sizes.faults(value)
    for attribute in names.values():
        yield from sizes.of_name(attribute)
    if any(len(place.encode()) > PLACEHOLDER_BYTES for place in (*names, *values)):
        yield "An expression attribute name or value has a placeholder that is too long"
    if sum(map(_bytes, (*names, *names.values(), *values))) + sum(map(sizes.of_value, values.values())) > (
        VARIABLES_BYTES
    ):
        yield "ExpressionAttributeNames and ExpressionAttributeValues have exceeded the maximum allowed size"


def _of_expression(name: str, text: str) -> Iterator[str]:
    if _bytes(text) > EXPRESSION_BYTES:
        yield f"Invalid {name}: Expression size has exceeded the maximum allowed size"
    if len((_IN_UPDATE if name == "UpdateExpression" else _ELSEWHERE).findall(text)) > OPERATORS:
        yield f"Invalid {name}: The expression contains too many operators; at most {OPERATORS} are allowed"
    if any(operands.count(",") >= OPERANDS for operands in _IN.findall(text)):
        yield f"Invalid {name}: The IN operator is provided with too many operands; at most {OPERANDS} are allowed"


def _bytes(text: str) -> int:
    return len(text.encode())
