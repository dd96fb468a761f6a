"""Tests AWS::DynamoDB::GlobalTable in a stack on a running server: documented behaviour and refusals."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.server import Server, wait_for
from local_aws_testing.stacks import create, ended

Change = dict[str, Any]


def index(name: str, partition: str = "day") -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": partition, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["label"]},
    }


def attributes(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def properties(**changes: Any) -> dict[str, Any]:
    table = {
        "AttributeDefinitions": attributes("id", "day"),
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [index("by_day")],
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        "Replicas": [
            {
                "Region": "us-east-1",
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "SSESpecification": {"KMSMasterKeyId": "arn:aws:kms:us-east-1:000000000000:key/mine"},
                "Tags": [{"Key": "project", "Value": "one"}],
            }
        ],
        **changes,
    }
    return {name: value for name, value in table.items() if value is not None}


def resources(table: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"T": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": table, **others}}


def outputs() -> dict[str, Any]:
    return {
        "Name": {"Value": {"Ref": "T"}},
        "Arn": {"Value": {"Fn::GetAtt": ["T", "Arn"]}},
        "TableId": {"Value": {"Fn::GetAtt": ["T", "TableId"]}},
    }


def update(server: Server, name: str, table: dict[str, Any], kind: str = "GlobalTable", **others: Any) -> str:
    body = {"Resources": {"T": {"Type": f"AWS::DynamoDB::{kind}", "Properties": table, **others}}}
    server.client("cloudformation").update_stack(StackName=name, TemplateBody=json.dumps(body))
    return str(ended(server, name)["StackStatus"])


def table_of(server: Server, stack: str) -> str:
    [result] = server.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return str(result["PhysicalResourceId"])


def why(server: Server, stack: str) -> str:
    events = server.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return "\n".join(event.get("ResourceStatusReason", "") for event in events)


def made(server: Server, stack: str, **changes: Any) -> str:
    create(server, stack, resources(properties(**changes)))
    assert ended(server, stack)["StackStatus"] == "CREATE_COMPLETE", why(server, stack)
    name = table_of(server, stack)
    server.client("dynamodb").put_item(TableName=name, Item={"id": {"S": "1"}, "day": {"S": "d"}, "label": {"S": "a"}})
    return name


def items(server: Server, name: str) -> int:
    return len(server.client("dynamodb").scan(TableName=name)["Items"])


def test_it_has_what_its_template_says(server: Server) -> None:
    body = {"Resources": resources(properties(WarmThroughput={"WriteUnitsPerSecond": 9000})), "Outputs": outputs()}
    server.client("cloudformation").create_stack(StackName="gt-new", TemplateBody=json.dumps(body))
    stack = ended(server, "gt-new")
    assert stack["StackStatus"] == "CREATE_COMPLETE", why(server, "gt-new")
    values = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    dynamodb = server.client("dynamodb")
    table = dynamodb.describe_table(TableName=values["Name"])["Table"]
    assert (values["Arn"], values["TableId"]) == (table["TableArn"], table["TableId"])
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSEDescription"]["KMSMasterKeyArn"].endswith(":key/mine")
    assert table["WarmThroughput"]["WriteUnitsPerSecond"] == 9000
    assert table["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"] == ["label"]
    ttl = dynamodb.describe_time_to_live(TableName=values["Name"])["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = dynamodb.describe_continuous_backups(TableName=values["Name"])["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert dynamodb.list_tags_of_resource(ResourceArn=values["Arn"])["Tags"] == [{"Key": "project", "Value": "one"}]
    server.client("cloudformation").delete_stack(StackName="gt-new")
    with pytest.raises(ClientError, match="not found"):
        dynamodb.describe_table(TableName=values["Name"])


def test_an_update_keeps_the_items_and_changes_the_settings(server: Server) -> None:
    name = made(server, "gt-update")
    replica = {"Region": "us-east-1", "Tags": [{"Key": "project", "Value": "other"}]}
    after = properties(Replicas=[replica], SSESpecification={"SSEEnabled": False})
    assert update(server, "gt-update", after) == "UPDATE_COMPLETE"
    assert (table_of(server, "gt-update"), items(server, name)) == (name, 1)
    dynamodb = server.client("dynamodb")
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert table["SSEDescription"]["Status"] == "DISABLED"
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    tags = dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert tags == [{"Key": "project", "Value": "other"}]


def test_one_index_at_a_time_may_come_or_go(server: Server) -> None:
    name = made(server, "gt-index")
    both = properties(
        AttributeDefinitions=attributes("id", "day", "key"),
        GlobalSecondaryIndexes=[index("by_day"), index("new", "key")],
    )
    assert update(server, "gt-index", both) == "UPDATE_COMPLETE", why(server, "gt-index")
    assert update(server, "gt-index", properties()) == "UPDATE_COMPLETE", why(server, "gt-index")
    assert items(server, name) == 1


TWO = {"AttributeDefinitions": attributes("id", "key"), "GlobalSecondaryIndexes": [index("new", "key")]}
OTHER_KEYS = {"AttributeDefinitions": attributes("id", "key"), "GlobalSecondaryIndexes": [index("by_day", "key")]}
ELSEWHERE = {"Replicas": [{"Region": "eu-west-1"}]}
NO_STREAM = {"Replicas": [{"Region": "us-east-1"}, {"Region": "eu-west-1"}]}
COLDER = {"WarmThroughput": {"WriteUnitsPerSecond": 5000}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (TWO, "Cannot perform more than one GSI creation or deletion in a single update"),
        (OTHER_KEYS, "Cannot update GSI's properties other than throughput: by_day"),
        (ELSEWHERE, "Replicas must contain the region us-east-1"),
        (NO_STREAM, "A StreamSpecification is needed"),
        (COLDER, "it can only rise"),
    ],
    ids=["two-indexes", "another-key", "another-region", "no-stream", "colder"],
)
def test_what_aws_refuses_is_refused_and_the_table_stays(
    server: Server, request: pytest.FixtureRequest, change: Change, reason: str
) -> None:
    stack = f"gt-{request.node.callspec.id}"
    warm = {"WriteUnitsPerSecond": 9000}
    name = made(server, stack, WarmThroughput=warm)
    assert update(server, stack, properties(**{"WarmThroughput": warm, **change})) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason in why(server, stack)
    assert (table_of(server, stack), items(server, name)) == (name, 1)


def test_a_refused_table_leaves_nothing_behind(server: Server) -> None:
    before = server.client("dynamodb").list_tables()["TableNames"]
    create(server, "gt-bad", resources(properties(TimeToLiveSpecification={"AttributeName": "", "Enabled": True})))
    assert ended(server, "gt-bad")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert server.client("dynamodb").list_tables()["TableNames"] == before


KEYS = {"KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}]}


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
def test_another_key_is_another_table(server: Server, policy: str) -> None:
    """CloudFormation's "Replacement": the new table is empty, and the old one is deleted unless it is retained."""
    stack = f"gt-key-{policy.lower()}"
    name = made(server, stack)
    after = properties(AttributeDefinitions=attributes("day"), **KEYS)
    assert update(server, stack, after, UpdateReplacePolicy=policy) == "UPDATE_COMPLETE", why(server, stack)
    new = table_of(server, stack)
    assert new != name and items(server, new) == 0
    tables = server.client("dynamodb").list_tables()["TableNames"]
    assert (name in tables) is (policy == "Retain")


def test_a_table_of_the_other_type_cannot_become_one(server: Server) -> None:
    plain = {name: properties()[name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")}
    plain["AttributeDefinitions"] = attributes("id")
    create(server, "gt-type", {"T": {"Type": "AWS::DynamoDB::Table", "Properties": plain}})
    assert ended(server, "gt-type")["StackStatus"] == "CREATE_COMPLETE"
    name = table_of(server, "gt-type")
    assert update(server, "gt-type", properties()) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Update of resource type is not permitted" in why(server, "gt-type")
    assert name in server.client("dynamodb").list_tables()["TableNames"]


def test_another_region_is_a_replica_more(server: Server) -> None:
    name = made(server, "gt-region", StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"})
    two = properties(
        StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
        Replicas=[*properties()["Replicas"], {"Region": "eu-west-1"}],
    )
    assert update(server, "gt-region", two) == "UPDATE_COMPLETE", why(server, "gt-region")
    [replica] = server.client("dynamodb").describe_table(TableName=name)["Table"]["Replicas"]
    assert replica["RegionName"] == "eu-west-1"
    assert items(server, name) == 1


def protected(on: bool) -> dict[str, Any]:
    [replica] = properties()["Replicas"]
    return properties(Replicas=[{**replica, "DeletionProtectionEnabled": on}])


def test_a_table_that_is_kept_outlives_its_stack_and_cannot_be_deleted(server: Server) -> None:
    create(server, "gt-kept", resources(protected(True), DeletionPolicy="Retain"))
    assert ended(server, "gt-kept")["StackStatus"] == "CREATE_COMPLETE", why(server, "gt-kept")
    name, dynamodb = table_of(server, "gt-kept"), server.client("dynamodb")
    server.client("cloudformation").delete_stack(StackName="gt-kept")
    wait_for(lambda: gone(server, "gt-kept"), what="the stack's end")
    with pytest.raises(ClientError, match="deletion protection"):
        dynamodb.delete_table(TableName=name)
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=name)


def test_a_table_that_is_no_longer_kept_goes_with_its_stack(server: Server) -> None:
    create(server, "gt-let-go", resources(protected(True), DeletionPolicy="Retain"))
    assert ended(server, "gt-let-go")["StackStatus"] == "CREATE_COMPLETE", why(server, "gt-let-go")
    name = table_of(server, "gt-let-go")
    assert update(server, "gt-let-go", protected(False), DeletionPolicy="Delete") == "UPDATE_COMPLETE"
    server.client("cloudformation").delete_stack(StackName="gt-let-go")
    wait_for(lambda: gone(server, "gt-let-go"), what="the stack's end")
    with pytest.raises(ClientError, match="not found"):
        server.client("dynamodb").describe_table(TableName=name)


def gone(server: Server, stack: str) -> bool:
    try:
        result = server.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError:
        return True
    return bool(result["StackStatus"] == "DELETE_COMPLETE")
