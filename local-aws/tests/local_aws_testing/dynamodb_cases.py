"""Writes that DynamoDB refuses or accepts because of the item they would make, for any fake of DynamoDB.

"Constraints in Amazon DynamoDB" and "DynamoDB item sizes and formats" in its developer guide; the API reference's
TransactWriteItems and TransactionCanceledException.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

KEY = {"id": {"S": "a"}, "at": {"S": "b"}}
# 6 bytes of names and values of the key, 4 of each name below.
MOST = 400 * 1024
ROOM = MOST - len("ida" + "atb")

Check = Callable[[Any, str], None]


def make_table(client: Any, name: str) -> None:
    """A table with an index."""
    schema = [("id", "HASH"), ("at", "RANGE")], [("cell", "HASH"), ("spot", "RANGE")]
    table, index = ([{"AttributeName": key, "KeyType": kind} for key, kind in keys] for keys in schema)
    client.create_table(
        TableName=name,
        KeySchema=table,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("id", "at", "cell", "spot")],
        GlobalSecondaryIndexes=[
            {"IndexName": "days", "KeySchema": index, "Projection": {"ProjectionType": "ALL"}},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def put(client: Any, table: str, **values: Any) -> None:
    """The one item, with these values beside its key."""
    client.put_item(TableName=table, Item={**KEY, **values})


def stored(client: Any, table: str) -> dict[str, Any] | None:
    """The one item."""
    item: dict[str, Any] | None = client.get_item(TableName=table, Key=KEY, ConsistentRead=True).get("Item")
    return item


def changed(client: Any, table: str, change: str, **values: Any) -> str:
    """The error that an update gets; "" if it succeeds."""
    asked = {"UpdateExpression": change}
    if values:
        asked["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}  # type: ignore[assignment]
    try:
        client.update_item(TableName=table, Key=KEY, **asked)
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return ""


def text(size: int) -> dict[str, str]:
    """A text of so many bytes."""
    return {"S": "x" * size}


def an_update_may_fill_an_item_to_its_last_byte(client: Any, table: str) -> None:
    half = MOST // 2
    put(client, table, one=text(half))
    assert changed(client, table, "SET two = :t", t=text(ROOM - len("onetwo") - half)) == ""
    before = stored(client, table)
    for change in ("SET two = :t", "SET three = :t"):
        refused = changed(client, table, change, t=text(ROOM - len("onetwo") - half + 1))
        assert refused.startswith("ValidationException: Item size to update"), change
    assert stored(client, table) == before


def names_count_and_so_does_what_is_in_lists_and_maps(client: Any, table: str) -> None:
    put(client, table, one=text(ROOM - len("one") - 100))
    assert changed(client, table, f"SET {'n' * 95} = :t", t=text(6)).startswith("ValidationException")
    assert changed(client, table, f"SET {'n' * 94} = :t", t=text(6)) == ""
    assert changed(client, table, f"REMOVE {'n' * 94}") == ""
    # 3 bytes for the list and 1 for each element.
    assert changed(client, table, "SET l = :l", l={"L": [text(23)] * 4}) == ""
    assert changed(client, table, "SET l = list_append(l, :l)", l={"L": [text(0)]}).startswith("ValidationException")


def what_an_update_takes_away_makes_room(client: Any, table: str) -> None:
    put(client, table, one=text(300_000), two=text(50_000))
    assert changed(client, table, "SET one = :t", t=text(350_000)) == ""
    assert changed(client, table, "REMOVE one SET three = :t", t=text(350_000)) == ""
    assert changed(client, table, "SET two = if_not_exists(two, :t)", t=text(100_000)) == ""
    assert sorted(stored(client, table) or {}) == ["at", "id", "three", "two"]


def an_update_of_no_item_makes_none_that_is_too_large(client: Any, table: str) -> None:
    refused = changed(client, table, "SET one = :o, two = :t", o=text(200_000), t=text(210_000))
    assert refused.startswith("ValidationException: Item size")
    assert stored(client, table) is None


def the_keys_of_an_index_are_keys_for_an_update_too(client: Any, table: str) -> None:
    put(client, table, cell=text(5))
    assert changed(client, table, "SET cell = :t, spot = :p", t=text(2048), p=text(1024)) == ""
    before = stored(client, table)
    for name, size in (("cell", 2049), ("cell", 0), ("spot", 1025), ("spot", 0)):
        assert changed(client, table, f"SET {name} = :t", t=text(size)).startswith("ValidationException"), (name, size)
    assert stored(client, table) == before


def a_transaction_with_an_item_that_is_too_large_is_cancelled(client: Any, table: str) -> None:
    put(client, table, one=text(300_000))
    other = {"Put": {"TableName": table, "Item": {**KEY, "at": {"S": "other"}}}}
    values = {":t": text(150_000)}
    change = {"TableName": table, "Key": KEY, "UpdateExpression": "SET two = :t", "ExpressionAttributeValues": values}
    try:
        client.transact_write_items(TransactItems=[other, {"Update": change}])
    except client.exceptions.TransactionCanceledException as cancelled:
        reasons = cancelled.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ValidationError"]
    assert "Item size to update" in reasons[1]["Message"]
    assert sorted(stored(client, table) or {}) == ["at", "id", "one"]
    assert client.scan(TableName=table)["Count"] == 1
    values[":t"] = text(50_000)
    client.transact_write_items(TransactItems=[other, {"Update": change}])
    assert client.scan(TableName=table)["Count"] == 2


def a_page_has_at_most_a_megabyte(client: Any, table: str) -> None:
    for number in range(4):
        client.put_item(TableName=table, Item={**KEY, "at": {"S": str(number)}, "one": text(300_000)})
    asked = {"KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": KEY["id"]}}
    for page in (client.query(TableName=table, **asked), client.scan(TableName=table)):
        assert (page["Count"], "LastEvaluatedKey" in page) == (3, True)


CHECKS: tuple[Check, ...] = (
    an_update_may_fill_an_item_to_its_last_byte,
    names_count_and_so_does_what_is_in_lists_and_maps,
    what_an_update_takes_away_makes_room,
    an_update_of_no_item_makes_none_that_is_too_large,
    the_keys_of_an_index_are_keys_for_an_update_too,
    a_transaction_with_an_item_that_is_too_large_is_cancelled,
    a_page_has_at_most_a_megabyte,
)
