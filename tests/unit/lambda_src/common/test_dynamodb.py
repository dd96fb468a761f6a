"""common/dynamodb.py gives the same results as boto3's serializer and deserializer for stored items."""

from __future__ import annotations

from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from lambda_src.common import dynamodb

VALUES = ["", "text", "é ☃", 0, -7, 10**30, Decimal("0.1"), Decimal("1E-7"), True, False, None, [], ["a", [1, None]]]


@pytest.mark.parametrize("value", [*VALUES, {"a": {"b": [True]}, "c": Decimal("0.30")}], ids=repr)
def test_it_writes_what_boto3_writes(value):
    assert dynamodb.attribute(value) == TypeSerializer().serialize(value)


@pytest.mark.parametrize("value", [0.1, 1e-07, -2.5, 1e22, 1 / 3], ids=repr)
def test_a_float_is_stored_as_its_shortest_text(value):
    written = dynamodb.attribute(value)
    assert written == TypeSerializer().serialize(Decimal(repr(value)))
    assert dynamodb.plain({"a": written}) == {"a": value}


@pytest.mark.parametrize("value", [*VALUES, b"bytes", {"a": {"b": [True]}, "c": Decimal("0.30")}], ids=repr)
def test_it_reads_what_boto3_reads(value):
    written = TypeSerializer().serialize(value)
    read = TypeDeserializer().deserialize(written)
    expected = bytes(read) if isinstance(value, bytes) else read
    found = dynamodb.plain({"a": written})["a"]
    if isinstance(value, Decimal):
        assert found == float(value)
    elif isinstance(value, dict):
        assert found == {"a": {"b": [True]}, "c": 0.3}
    else:
        assert found == expected


def test_a_set_is_not_read():
    with pytest.raises(ValueError, match="SS"):
        dynamodb.plain({"a": {"SS": ["x"]}})


def test_an_item_has_its_attributes_by_name():
    assert dynamodb.item({"a": "x", "b": 1}) == {"a": {"S": "x"}, "b": {"N": "1"}}


@pytest.mark.parametrize("value", [{1, 2}, object()], ids=repr)
def test_types_without_an_exact_form_are_refused(value):
    with pytest.raises(TypeError, match="DynamoDB has no type for"):
        dynamodb.attribute(value)


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), float("inf"), Decimal("Infinity"), 10**38 + 1, Decimal("0." + "1" * 39)], ids=repr
)
def test_numbers_that_dynamodb_cannot_hold_are_refused(value):
    with pytest.raises(ValueError, match="cannot hold"):
        dynamodb.attribute(value)
