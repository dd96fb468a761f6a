"""The properties of a table, bucket or key whose change makes CloudFormation replace it with an empty one."""

from __future__ import annotations

from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

KINDS = ("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket")

Entry = dict[str, Any]


def entries(stacks: dict[str, dict[str, Any]], *, region: str = "us-east-1") -> dict[str, Entry]:
    """By `stack/logical id`. stacks: templates' resources by the stack's name."""
    return {
        f"{stack}/{name}": entry(resource, region=region)
        for stack, resources in sorted(stacks.items())
        for name, resource in sorted(resources.items())
        if resource["Type"] in KINDS
    }


def entry(resource: dict[str, Any], *, region: str) -> Entry:
    """Its type, those of its properties that only a new resource can get, and the indexes of a table."""
    properties = resource.get("Properties", {})
    found = {"type": resource["Type"], "fixed": _fixed(resource["Type"], properties, region=region)}
    if indexes := properties.get("GlobalSecondaryIndexes"):
        found["indexes"] = {
            index["IndexName"]: {"keys": _keys(index["KeySchema"]), "projection": index["Projection"]}
            for index in indexes
        }
    return found


def _fixed(kind: str, properties: dict[str, Any], *, region: str) -> Entry:
    """AWS's resource schema says which properties (`createOnlyProperties`); the types of key attributes are added."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
    paths = [*schema.get("createOnlyProperties", []), *schema.get("conditionalCreateOnlyProperties", [])]
    fixed = {path: value for path in paths if (value := _at(path, properties)) is not None}
    if "KeySchema" in properties:
        keys = {part["AttributeName"] for part in properties["KeySchema"]}
        types = {one["AttributeName"]: one["AttributeType"] for one in properties["AttributeDefinitions"]}
        fixed["key types"] = {name: types[name] for name in sorted(keys)}
    return fixed


def _at(path: str, properties: dict[str, Any]) -> Any:
    value: Any = properties
    for name in path.removeprefix("/properties/").split("/"):
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value


def _keys(schema: list[dict[str, str]]) -> list[str]:
    return [part["AttributeName"] for part in schema]
