"""Tables are encrypted, kept or removed as the settings require, and ready for more regions."""

from __future__ import annotations

from tests.stacks.conftest import Synthesised


def test_tables_are_as_the_functions_expect_them(each: Synthesised) -> None:
    keys = {}
    for name, table in each.resources("data", "AWS::DynamoDB::GlobalTable").items():
        properties = table["Properties"]
        keys[name.split("Table")[0]] = [(part["AttributeName"], part["KeyType"]) for part in properties["KeySchema"]]
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}, name
        assert properties["BillingMode"] == "PAY_PER_REQUEST", name
    assert keys == {
        "RequestLog": [("request_id", "HASH"), ("position", "RANGE")],
        "Answers": [("answer_id", "HASH")],
        "Examples": [("example_id", "HASH")],
        "Ledger": [("row_id", "HASH"), ("event_id", "RANGE")],
        "Erased": [("erased_id", "HASH")],
        "ApiKeys": [("key_id", "HASH")],
        "Usage": [("key_id", "HASH"), ("day", "RANGE")],
    }


def test_tables_that_are_kept_cannot_be_deleted(each: Synthesised) -> None:
    for name, table in each.resources("data", "AWS::DynamoDB::GlobalTable").items():
        [replica] = table["Properties"]["Replicas"]
        kept = each.stacks.data.settings.data.retain
        assert replica.get("DeletionProtectionEnabled", False) is kept, name
        assert table["DeletionPolicy"] == ("Retain" if kept else "Delete"), name


def test_every_table_is_ready_for_more_regions_and_has_its_own_alone(each: Synthesised) -> None:
    assert each.everything("AWS::DynamoDB::Table") == {}
    tables = each.resources("data", "AWS::DynamoDB::GlobalTable")
    assert len(tables) == 7
    for name, table in tables.items():
        [replica] = table["Properties"]["Replicas"]
        assert replica["Region"] == "us-east-1", name
        assert {tag["Key"] for tag in replica["Tags"]} >= {"project", "environment"}, name
