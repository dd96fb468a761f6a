"""Python values as DynamoDB's attribute values (boto3's own serializer would bring all of boto3 along)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# DynamoDB keeps so many digits of a number and refuses one with more.
_DIGITS = 38


def item(values: Mapping[str, Any]) -> dict[str, Any]:
    """An item: attribute values by name."""
    return {name: attribute(value) for name, value in values.items()}


def attribute(value: Any) -> dict[str, Any]:
    """One attribute value, of a str, bool, int, Decimal, list, tuple, dict or None.

    Raises TypeError for any other type (a float has no exact decimal form: give a Decimal), ValueError for a number
    that DynamoDB cannot hold.
    """
    if value is None:
        return {"NULL": True}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": _number(value)}
    if isinstance(value, list | tuple):
        return {"L": [attribute(part) for part in value]}
    if isinstance(value, dict):
        return {"M": item(value)}
    raise TypeError(f"{type(value).__name__} is no type of DynamoDB's")


def _number(value: int | Decimal) -> str:
    number = Decimal(value)
    if not number.is_finite() or len(number.as_tuple().digits) > _DIGITS:
        raise ValueError(f"DynamoDB cannot hold the number {str(value)[:50]}")
    return str(value)
