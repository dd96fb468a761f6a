"""What becomes of each resource: added, changed, replaced (and what follows), removed, and its data."""

from typing import Any

import pytest

from environments.aws.resource_types import ResourceType
from ops.changes import resources

HASH, OTHER_HASH = "a" * 64, "b" * 64


def resource(kind: str, policy: str | None = None, **properties: Any) -> dict[str, Any]:
    kept = {"DeletionPolicy": policy, "UpdateReplacePolicy": policy} if policy else {}
    return {"Type": kind, "Properties": properties, **kept}


def one(before: Any, after: Any) -> resources.ResourceChange:
    sides = [{"Resources": {} if each is None else {"R": each}} for each in (before, after)]
    (found,) = resources.changes(*sides)
    return found


TABLE, FUNCTION, BUCKET = "AWS::DynamoDB::GlobalTable", "AWS::Lambda::Function", "AWS::S3::Bucket"


def test_equal_templates_change_nothing() -> None:
    same = {"Resources": {"R": resource(FUNCTION, MemorySize=1)}}
    assert resources.changes(same, same) == []


def test_a_property_is_named_with_both_values() -> None:
    def function(mode: str) -> dict[str, Any]:
        return resource(FUNCTION, Environment={"Variables": {"MODE": mode}})

    found = one(function("a"), function("b"))
    assert found.kind == "changed" and found.replacement == "no"
    assert [(each.path, each.before, each.after) for each in found.properties] == [
        ("Environment.Variables.MODE", "a", "b")
    ]


def test_another_build_is_told_apart() -> None:
    def function(key: str, memory: int = 1) -> dict[str, Any]:
        return resource(FUNCTION, Code={"S3Key": f"{key}.zip"}, MemorySize=memory)

    assert one(function(HASH), function(OTHER_HASH)).only_build
    assert not one(function(HASH), function(OTHER_HASH, 2)).only_build


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("Name",), "yes"),
        (("Name", "Part"), "yes"),
        (("Code", "Key"), "yes"),
        (("Code",), "maybe"),
        (("Items", "3", "Id"), "yes"),
        (("Schema",), "maybe"),
        (("Memory",), "no"),
    ],
)
def test_whether_a_property_replaces(path: tuple[str, ...], expected: str) -> None:
    facts = ResourceType(create_only=("Name", "Code/Key", "Items/*/Id"), may_replace=("Schema",))
    assert resources.replaces(path, facts) == expected


def test_what_names_a_replaced_resource_is_replaced_or_updated_too() -> None:
    def stack(image: str) -> dict[str, Any]:
        return {
            "Resources": {
                "Model": resource("AWS::SageMaker::Model", PrimaryContainer={"Image": image}),
                "Config": resource(
                    "AWS::SageMaker::EndpointConfig",
                    ProductionVariants=[{"ModelName": {"Fn::GetAtt": ["Model", "ModelName"]}}],
                ),
                "Endpoint": resource(
                    "AWS::SageMaker::Endpoint", EndpointConfigName={"Fn::GetAtt": ["Config", "EndpointConfigName"]}
                ),
                "Other": resource(FUNCTION, MemorySize=1),
            }
        }

    found = {each.logical_id: each for each in resources.changes(stack("a"), stack("b"))}
    assert {name: each.replacement for name, each in found.items()} == {
        "Model": "yes",
        "Config": "yes",
        "Endpoint": "no",
    }
    assert "names Config, which is replaced" in found["Endpoint"].because


@pytest.mark.parametrize(
    ("before", "after", "fate"),
    [
        (resource(TABLE), None, "lost"),
        (resource(TABLE, "Retain"), None, "kept"),
        (resource(TABLE, TableName="a"), resource(TABLE, TableName="b"), "lost"),
        (resource(TABLE, "Retain", TableName="a"), resource(TABLE, "Retain", TableName="b"), "kept"),
        (resource(TABLE, "Retain", TableName="a"), resource(TABLE, TableName="b"), "lost"),
        (resource(BUCKET, "Retain"), resource(BUCKET, "Delete"), "exposed"),
        (resource(BUCKET, "Delete"), resource(BUCKET, "Retain"), ""),
        (resource(FUNCTION), None, ""),
    ],
)
def test_what_becomes_of_data(before: Any, after: Any, fate: str) -> None:
    assert one(before, after).data == fate


def test_another_type_under_the_same_logical_id_is_refused_by_cloudformation() -> None:
    found = one(resource(TABLE), resource(BUCKET))
    assert found.replacement == "yes" and "CloudFormation refuses" in found.because
    assert found.data == "lost"
