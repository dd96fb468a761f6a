"""Measure values in DynamoDB and check that DynamoDB accepts them. No I/O.

Sources: "Constraints in Amazon DynamoDB" and "DynamoDB item sizes and formats" in its developer guide.
"""

import base64
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

ITEM_BYTES = 400 * 1024
NAME_BYTES = 65_535
DIGITS = 38
_LARGEST, _SMALLEST = Decimal("9.9999999999999999999999999999999999999E+125"), Decimal("1E-130")
DEPTH = 32


def of_item(item: dict[str, Any]) -> int:
    """Return an item's size in bytes: names in UTF-8, values, and overhead for lists and maps."""
    return sum(len(name.encode()) + of_value(value) for name, value in item.items())


def of_value(value: dict[str, Any]) -> int:
    """Return an attribute value's size in bytes; a set's size is that of its members."""
    ((kind, held),) = value.items()
    if kind == "S":
        return len(str(held).encode("utf-8", "surrogatepass"))
    if kind == "B":
        return len(held if isinstance(held, bytes) else base64.b64decode(held))
    if kind == "N":
        return _of_number(str(held))
    if kind in ("SS", "NS", "BS"):
        return sum(of_value({kind[0]: one}) for one in held)
    if kind == "L":
        return 3 + sum(1 + of_value(one) for one in held)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + of_value(one) for name, one in held.items())
    return 1


def _of_number(text: str) -> int:
    """Return a number's size: one byte for two significant digits plus one. The guide says only "approximately".

    Rounds up, because a pair of digits may span the decimal point and a sign may take a byte: the result must never
    accept what DynamoDB refuses.
    """
    try:
        sign, digits, _ = Decimal(text).as_tuple()
    except InvalidOperation:
        return len(text)
    significant = len("".join(map(str, digits)).strip("0"))
    return 1 + (significant + 2) // 2 + sign if significant else 1


def of_name(name: str) -> Iterator[str]:
    """Yield why DynamoDB rejects an attribute's name."""
    if not 1 <= len(name.encode()) <= NAME_BYTES:
        yield f"Attribute names have 1 to {NAME_BYTES} bytes"


def faults(value: dict[str, Any], *, depth: int = 0) -> Iterator[str]:
    """Yield why DynamoDB rejects a value: its numbers, empty sets or nesting depth."""
    ((kind, held),) = value.items()
    if depth > DEPTH:
        yield "Nesting Levels have exceeded supported limits"
        return
    if kind == "N":
        yield from number(str(held))
    elif kind == "NS":
        for one in held:
            yield from number(str(one))
    elif kind == "L":
        for one in held:
            yield from faults(one, depth=depth + 1)
    elif kind == "M":
        for name, one in held.items():
            yield from of_name(name)
            yield from faults(one, depth=depth + 1)
    if kind in ("SS", "NS", "BS") and not held:
        yield "One or more parameter values were invalid: An set may not be empty"


def number(text: str) -> Iterator[str]:
    """Yield why DynamoDB rejects a number."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        yield f"The parameter cannot be converted to a numeric value: {text[:50]}"
        return
    if not value.is_finite():
        yield f"The parameter cannot be converted to a numeric value: {text[:50]}"
    elif len("".join(map(str, value.as_tuple().digits)).strip("0")) > DIGITS:
        yield "Attempting to store more than 38 significant digits in a Number"
    elif value.copy_abs() > _LARGEST:
        yield "Number overflow. Attempting to store a number with magnitude larger than supported range"
    elif value and value.copy_abs() < _SMALLEST:
        yield "Number underflow. Attempting to store a number with magnitude smaller than supported range"
