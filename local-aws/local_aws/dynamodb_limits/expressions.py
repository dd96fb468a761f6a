"""Check a request's expressions, and the names and values they use, against DynamoDB's limits. No I/O.

Sources in DynamoDB's developer guide: "Constraints in Amazon DynamoDB" (expression parameters), and the example "Count
expression operators in DynamoDB", which shows that the operator limit also applies to conditions and filters. That
BETWEEN needs its bounds in order is in no guide; users show DynamoDB's message (architect/dynalite #55,
ExtendDB/extenddb #99).
"""

import base64
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
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
_BETWEEN = re.compile(r"\bBETWEEN\s+(:\w+)\s+AND\s+(:\w+)", re.IGNORECASE)


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
    for name in _NAMES:
        yield from _of_bounds(name, str(request.get(name) or ""), values)


def _of_expression(name: str, text: str) -> Iterator[str]:
    if _bytes(text) > EXPRESSION_BYTES:
        yield f"Invalid {name}: Expression size has exceeded the maximum allowed size"
    if len((_IN_UPDATE if name == "UpdateExpression" else _ELSEWHERE).findall(text)) > OPERATORS:
        yield f"Invalid {name}: The expression contains too many operators; at most {OPERATORS} are allowed"
    if any(operands.count(",") >= OPERANDS for operands in _IN.findall(text)):
        yield f"Invalid {name}: The IN operator is provided with too many operands; at most {OPERANDS} are allowed"


def _of_bounds(name: str, text: str, values: Mapping[str, Any]) -> Iterator[str]:
    for low, high in _BETWEEN.findall(text):
        (kind, lower), (other, upper) = (next(iter(values.get(each, {}).items()), ("", "")) for each in (low, high))
        if kind == other and kind in _ORDERED and _ORDERED[kind](lower) > _ORDERED[kind](upper):
            yield (
                f"Invalid {name}: The BETWEEN operator requires upper bound to be greater than or equal to lower "
                f"bound; lower bound operand: AttributeValue: {{{kind}:{lower}}}, upper bound operand: "
                f"AttributeValue: {{{kind}:{upper}}}"
            )


# A client holds binary values as bytes and sends them in base64.
_ORDERED: dict[str, Any] = {
    "S": str.encode,
    "N": Decimal,
    "B": lambda value: base64.b64decode(value) if isinstance(value, str) else bytes(value),
}


def _bytes(text: str) -> int:
    return len(text.encode())
