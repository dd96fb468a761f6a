"""Convert a template's global table to parameters of DynamoDB's API, and refuse what CloudFormation refuses. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

KIND = "AWS::DynamoDB::GlobalTable"
# "Update requires: Replacement" in the template reference.
REPLACING = ("KeySchema", "LocalSecondaryIndexes", "TableName")

Properties = Mapping[str, Any]


class Refused(ValueError):  # noqa: N818 (CloudFormation's word)
    """AWS would refuse the template; the message appears in the stack's events."""


def own_replica(properties: Properties, region: str) -> dict[str, Any]:
    """Return the replica in the stack's region. Raises Refused if the template has none."""
    for replica in properties.get("Replicas") or []:
        if replica.get("Region") == region:
            return dict(replica)
    raise Refused(f"Replicas must contain the region {region} in which the stack is.")


def others(properties: Properties, region: str) -> list[str]:
    """Return the other regions that have a replica."""
    return [replica["Region"] for replica in properties.get("Replicas") or [] if replica["Region"] != region]


def creation(properties: Properties, *, name: str, region: str) -> dict[str, Any]:
    """Return CreateTable's parameters. Raises Refused."""
    replica = own_replica(properties, region)
    if others(properties, region) and not properties.get("StreamSpecification"):
        raise Refused("A StreamSpecification is needed where a global table has more than one replica.")
    if properties.get("BillingMode", "PROVISIONED") != "PAY_PER_REQUEST":
        raise Refused("The local AWS makes global tables with BillingMode PAY_PER_REQUEST only.")
    call: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": properties["KeySchema"],
        "AttributeDefinitions": properties["AttributeDefinitions"],
        "DeletionProtectionEnabled": bool(replica.get("DeletionProtectionEnabled", False)),
    }
    for many in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if properties.get(many):
            call[many] = [_index(index) for index in properties[many]]
    if properties.get("StreamSpecification"):
        call["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    if (encryption := sse(properties, replica)) is not None:
        call["SSESpecification"] = encryption
    if replica.get("TableClass"):
        call["TableClass"] = replica["TableClass"]
    if replica.get("Tags"):
        call["Tags"] = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in replica["Tags"]]
    return call


def sse(properties: Properties, replica: Properties) -> dict[str, Any] | None:
    """Return the API's SSESpecification: the key comes from the replica, whether to encrypt from the table."""
    specification = properties.get("SSESpecification")
    if specification is None:
        return None
    if not specification.get("SSEEnabled"):
        return {"Enabled": False}
    key = (replica.get("SSESpecification") or {}).get("KMSMasterKeyId")
    return {"Enabled": True, "SSEType": specification.get("SSEType", "KMS"), **({"KMSMasterKeyId": key} if key else {})}


def index_update(indexes: Sequence[Properties], new: Properties) -> dict[str, Any] | None:
    """Return the one index to create or delete, as in GlobalSecondaryIndexUpdates. Raises Refused.

    indexes: those that exist. "You can only create or delete one global secondary index in a single stack operation."
    """
    before = {index["IndexName"]: index for index in indexes}
    after = {index["IndexName"]: index for index in new.get("GlobalSecondaryIndexes") or []}
    for name in before.keys() & after.keys():
        if _fixed(before[name]) != _fixed(after[name]):
            raise Refused(f"Cannot update GSI's properties other than throughput: {name}. Create one of another name.")
    gone, added = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
    if len(gone) + len(added) > 1:
        raise Refused("Cannot perform more than one GSI creation or deletion in a single update")
    if gone:
        return {"Delete": {"IndexName": gone[0]}}
    return {"Create": _index(after[added[0]])} if added else None


def replica_update(regions: Sequence[str], new: Properties, region: str) -> dict[str, Any] | None:
    """Return the one replica to add or remove, as in ReplicaUpdates. regions: of other replicas. Raises Refused.

    "You can add or remove replicas after table creation, but you can only add or remove a single replica in each
    update."
    """
    own_replica(new, region)
    before, after = set(regions), set(others(new, region))
    if len(before ^ after) > 1:
        raise Refused("Only one replica can be added or removed in a single update.")
    if after and not new.get("StreamSpecification"):
        raise Refused("A StreamSpecification is needed where a global table has more than one replica.")
    if gone := before - after:
        return {"Delete": {"RegionName": gone.pop()}}
    return {"Create": {"RegionName": (after - before).pop()}} if after - before else None


def warm(before: Properties | None, after: Properties | None) -> dict[str, int] | None:
    """Return the warm throughput to set, or None if it is unchanged. Raises Refused.

    "Once increased, warm throughput values can't be decreased." ("DynamoDB warm throughput", developer guide)
    """
    if not after or after == before:
        return None
    for unit, value in after.items():
        if int(value) < int((before or {}).get(unit, 0)):
            raise Refused(f"The requested WarmThroughput {unit} {value} is below the current one; it can only rise.")
    return {unit: int(value) for unit, value in after.items()}


def _index(index: Properties) -> dict[str, Any]:
    return {name: index[name] for name in ("IndexName", "KeySchema", "Projection") if name in index}


def _fixed(index: Properties) -> dict[str, Any]:
    fixed = _index(index)
    if "NonKeyAttributes" in fixed.get("Projection", {}):
        projection = fixed["Projection"]
        fixed["Projection"] = {**projection, "NonKeyAttributes": sorted(projection["NonKeyAttributes"])}
    return fixed
