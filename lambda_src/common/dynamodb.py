"""Python values as DynamoDB's attribute values and back (boto3's own serializer would need all of boto3)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# DynamoDB refuses a number with more digits.
_DIGITS = 38


# An item as DynamoDB has it: attribute values, each with its type, by name.
Item = dict[str, Any]


def item(values: Mapping[str, Any]) -> dict[str, Any]:
    """An item: attribute values by name."""
    return {name: attribute(value) for name, value in values.items()}


def attribute(value: Any) -> dict[str, Any]:
    """One attribute value, of a str, bytes, bool, int, float, Decimal, list, tuple, dict or None.

    A float goes through its shortest decimal text: Decimal(0.1) has 55 digits, more than DynamoDB keeps.
    Raises TypeError for any other type, ValueError for a number that DynamoDB cannot hold.
    """
    if value is None:
        return {"NULL": True}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float | Decimal):
        return {"N": _number(value)}
    if isinstance(value, list | tuple):
        return {"L": [attribute(part) for part in value]}
    if isinstance(value, dict):
        return {"M": item(value)}
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}")


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """An item's attributes as Python values, numbers as int or float; raises ValueError for a set."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: dict[str, Any]) -> Any:
    ((kind, held),) = value.items()
    if kind in ("S", "B", "BOOL"):
        return held
    if kind == "NULL":
        return None
    if kind == "N":
        return float(held) if set(held) & set(".eE") else int(held)
    if kind == "L":
        return [_plain(part) for part in held]
    if kind == "M":
        return plain(held)
    raise ValueError(f"attributes of type {kind} are not supported")


def _number(value: float | Decimal) -> str:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite() or len(number.as_tuple().digits) > _DIGITS:
        raise ValueError(f"DynamoDB cannot hold the number {str(value)[:50]}")
    return str(number)
