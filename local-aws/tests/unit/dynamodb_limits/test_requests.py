"""Requests beyond DynamoDB's documented limits are refused; requests at the limit are accepted."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.dynamodb_limits import requests, sizes

KEYS = [("id", "at"), ("day", "place")]


def refused(operation: str, **request: Any) -> str:
    return requests.refusal(operation, {"TableName": "t", **request}, keys_of=lambda _: KEYS)


def item(**values: Any) -> dict[str, Any]:
    return {"id": {"S": "a"}, "at": {"S": "b"}, **values}


def test_keys() -> None:
    for name, most in (("id", 2048), ("at", 1024), ("day", 2048), ("place", 1024)):
        assert refused("PutItem", Item=item(**{name: {"S": "k" * most}})) == ""
        assert refused("PutItem", Item=item(**{name: {"S": "\u00e9" * (most // 2)}})) == ""
        assert "maximum size" in refused("PutItem", Item=item(**{name: {"S": "\u00e9" * (most // 2) + "k"}}))
        assert "empty string" in refused("PutItem", Item=item(**{name: {"S": ""}}))
        assert "empty string" in refused("PutItem", Item=item(**{name: {"B": b""}}))
    assert refused("PutItem", Item=item(other={"S": ""})) == ""
    for operation in ("GetItem", "DeleteItem", "UpdateItem"):
        assert refused(operation, Key=item()) == ""
        assert "empty string" in refused(operation, Key=item(id={"S": ""}))
    assert "empty string" in refused("BatchGetItem", RequestItems={"t": {"Keys": [item(), item(at={"S": ""})]}})
    assert "empty string" in refused(
        "BatchWriteItem", RequestItems={"t": [{"PutRequest": {"Item": item(id={"S": ""})}}]}
    )
    query = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": ""}}}
    assert "empty string" in refused("Query", **query)
    query["ExpressionAttributeValues"] = {":id": {"S": "k" * 2049}}
    assert refused("Query", **query)


def test_items_have_at_most_400_kilobytes() -> None:
    other = sizes.of_item(item(text={"S": ""}))
    assert refused("PutItem", Item=item(text={"S": "x" * (400 * 1024 - other)})) == ""
    assert "Item size" in refused("PutItem", Item=item(text={"S": "x" * (400 * 1024 - other + 1)}))
    change = {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "x" * 410_000}}}
    assert "Item size" in refused("UpdateItem", Key=item(), **change)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"N": "0"}, 1),
        ({"N": "1E+125"}, 2),
        ({"N": "1200"}, 3),
        ({"N": "-0.0012"}, 4),
        ({"NS": ["1", "2"]}, 4),
        ({"S": "\u00e9"}, 2),
        ({"SS": ["a", "bc"]}, 3),
        ({"B": b"\0" * 5}, 5),
        ({"B": "AAAA"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": False}]}, 8),
        ({"M": {"n": {"S": "ab"}}}, 7),
    ],
)
def test_sizes_are_those_of_the_guide_or_a_byte_more(value: dict[str, Any], size: int) -> None:
    assert sizes.of_value(value) == size


def test_the_guide_s_own_example_of_a_size() -> None:
    assert sizes.of_item({"shirt-color": {"S": "R"}, "shirt-size": {"S": "M"}}) == 23


@pytest.mark.parametrize(
    ("fits", "too_many"),
    [
        (
            {"UpdateExpression": "SET " + ", ".join(["a=f(:b)"] * 300)},
            {"UpdateExpression": "SET a=" + "+".join(["b"] * 302)},
        ),
        ({"FilterExpression": " OR ".join(["a=b"] * 150)}, {"FilterExpression": " OR ".join(["a=b"] * 151)}),
        (
            {"FilterExpression": " AND ".join(["f(a)"] * 150)},
            {"ConditionExpression": " AND ".join(["f(a)"] * 151)},
        ),
        (
            {"FilterExpression": f"a IN ({','.join(['b'] * 100)})"},
            {"FilterExpression": f"a IN ({','.join(['b'] * 101)})"},
        ),
        (
            {"ExpressionAttributeValues": {":a": {"S": "x" * (2 * 1024 * 1024 - 2)}}},
            {
                "ExpressionAttributeValues": {":a": {"S": "x" * (2 * 1024 * 1024 - 3)}},
                "ExpressionAttributeNames": {"#": "n"},
            },
        ),
    ],
)
def test_expressions_have_so_many_operators_operands_and_values(fits: dict[str, Any], too_many: dict[str, Any]) -> None:
    assert refused("Scan", **fits) == ""
    assert refused("Scan", **too_many)


@pytest.mark.parametrize(
    "number",
    ["0", "-0.0", "9" * 38, "1" + "0" * 125, "-" + "1" * 38, "1E-130", "9." + "9" * 37 + "E125"],
)
def test_numbers_that_are_taken(number: str) -> None:
    assert refused("PutItem", Item=item(n={"N": number})) == ""


@pytest.mark.parametrize(
    "number",
    [
        "9" * 39,
        "1.5E126",
        "-1E126",
        "1E-131",
        "0.1" + "1" * 38,
        "NaN",
        "Infinity",
        "x",
        "0.1000000000000000055511151231257827021181583404541015625",
    ],
)
def test_numbers_that_are_refused(number: str) -> None:
    assert refused("PutItem", Item=item(n={"N": number}))
    assert refused("PutItem", Item=item(n={"L": [{"M": {"a": {"N": number}}}]}))


@pytest.mark.parametrize(
    ("lower", "upper"), [({"S": "a"}, {"S": "b"}), ({"N": "9"}, {"N": "10"}), ({"B": "AA=="}, {"B": "/w=="})]
)
def test_the_bounds_of_between_are_in_order(lower: dict[str, str], upper: dict[str, str]) -> None:
    def query(low: dict[str, str], high: dict[str, str]) -> str:
        condition = {"KeyConditionExpression": "id = :id AND at BETWEEN :low AND :high"}
        values = {":id": {"S": "a"}, ":low": low, ":high": high}
        return refused("Query", **condition, ExpressionAttributeValues=values)

    assert query(lower, upper) == query(lower, lower) == ""
    assert query(upper, lower).startswith("Invalid KeyConditionExpression: The BETWEEN operator requires upper bound")


def test_expressions_batches_and_transactions() -> None:
    assert refused("Scan", FilterExpression="a" * 4096) == ""
    assert "Expression size" in refused("Scan", FilterExpression="a" * 4097)
    assert refused("Scan", ExpressionAttributeNames={"#" + "n" * 254: "n" * 65_535}) == ""
    assert "placeholder" in refused("Scan", ExpressionAttributeNames={"#" + "n" * 255: "n"})
    assert "placeholder" in refused("Scan", ExpressionAttributeValues={":" + "n" * 255: {"S": "n"}})
    assert "Attribute names" in refused("Scan", ExpressionAttributeNames={"#a": "n" * 65_536})
    assert "Attribute names" in refused("PutItem", Item=item(**{"": {"S": "a"}}))
    put = {"PutRequest": {"Item": item()}}
    assert refused("BatchWriteItem", RequestItems={"t": [put] * 25}) == ""
    assert "Too many" in refused("BatchWriteItem", RequestItems={"t": [put] * 25, "u": [put]})
    assert refused("BatchGetItem", RequestItems={"t": {"Keys": [item()] * 100}}) == ""
    assert "Too many" in refused("BatchGetItem", RequestItems={"t": {"Keys": [item()] * 101}})
    # 25 items of 400 KB are 60 MB as JSON sends them, where each character is written in six bytes.
    many = {"PutRequest": {"Item": item(text={"S": "\x01" * 120_000})}}
    assert refused("BatchWriteItem", RequestItems={"t": [many] * 23}) == ""
    assert "16 MB" in refused("BatchWriteItem", RequestItems={"t": [many] * 24})


def test_transactions() -> None:
    action = {"Put": {"TableName": "t", "Item": item(text={"S": "x" * 50_000})}}
    assert refused("TransactWriteItems", TransactItems=[action] * 80) == ""
    assert "4 MB" in refused("TransactWriteItems", TransactItems=[action] * 90)
    assert "length" in refused("TransactWriteItems", TransactItems=[action] * 101)
    deep: dict[str, Any] = {"S": "a"}
    for _ in range(33):
        deep = {"L": [deep]}
    assert "Nesting" in refused("PutItem", Item=item(deep=deep))
    assert "empty" in refused("PutItem", Item=item(s={"SS": []}))
