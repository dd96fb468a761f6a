"""The resource handlers of global tables: create, update and delete, using DynamoDB's own calls."""

import json
from collections.abc import Callable
from typing import Any

from local_aws import private_api
from local_aws.patches.dynamodb import global_table_changes as changes
from local_aws.patches.dynamodb.global_table_changes import Properties, Refused

_DYNAMODB = "ministack.services.dynamodb"
_NAME = private_api.declare(
    "ministack.services.cloudformation.provisioners",
    "_physical_name",
    "name global tables in a stack",
    takes=("stack_name", "logical_id", "lowercase", "max_len", "seeded"),
)
_REGION = private_api.declare(
    "ministack.core.responses", "get_region", "know the replica of the stack's region", takes=()
)
_DESCRIPTION = private_api.declare(
    _DYNAMODB, "_table_description", "know a global table's indexes and replicas", takes=("name",)
)
_TABLES = private_api.declare(_DYNAMODB, "_tables", "keep a global table's warm throughput")
_TAGS = private_api.declare(_DYNAMODB, "_tags", "change a global table's tags")
_CREATE, _UPDATE, _DELETE, _TTL, _BACKUPS = (
    private_api.declare(_DYNAMODB, name, "make global tables as CloudFormation does", takes=("data",))
    for name in ("_create_table", "_update_table", "_delete_table", "_update_ttl", "_update_continuous_backups")
)

Result = tuple[str, dict[str, str]]


def create(logical_id: str, properties: Properties, stack_name: str) -> Result:
    """Create a table with its settings; delete it again if its settings are refused."""
    region = _REGION.get()()
    name = properties.get("TableName") or _NAME.get()(stack_name, logical_id, max_len=255)
    _call(_CREATE, changes.creation(properties, name=name, region=region))
    try:
        _settings(name, {}, properties)
        for other in changes.others(properties, region):
            _call(_UPDATE, {"TableName": name, "ReplicaUpdates": [{"Create": {"RegionName": other}}]})
    except Refused:
        _call(_DELETE, {"TableName": name})
        raise
    return _result(name)


def update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Result:
    """Change a table in place; CloudFormation has already replaced it if a key changed."""
    if "Replicas" not in old:
        raise Refused("Update of resource type is not permitted: the table is not an AWS::DynamoDB::GlobalTable.")
    if "Replicas" not in new:
        return _result(physical_id)  # rolling back the refusal above
    region, table = _REGION.get()(), _DESCRIPTION.get()(physical_id)
    # Compare with the table, not with `old`: a rollback follows a refused update, of which nothing was applied.
    index = changes.index_update(table.get("GlobalSecondaryIndexes", []), new)
    replica = changes.replica_update([one["RegionName"] for one in table.get("Replicas", [])], new, region)
    if index is not None:
        definitions = {"AttributeDefinitions": new["AttributeDefinitions"]} if "Create" in index else {}
        _call(_UPDATE, {"TableName": physical_id, "GlobalSecondaryIndexUpdates": [index], **definitions})
    _settings(physical_id, old, new)
    if replica is not None:
        _call(_UPDATE, {"TableName": physical_id, "ReplicaUpdates": [replica]})
    return _result(physical_id)


def delete(physical_id: str, properties: Properties) -> None:
    """Delete the table and its other replicas; succeeds if it is already gone."""
    if physical_id not in _TABLES.get():
        return
    for other in changes.others(properties, _REGION.get()()):
        _call(_UPDATE, {"TableName": physical_id, "ReplicaUpdates": [{"Delete": {"RegionName": other}}]})
    _call(_DELETE, {"TableName": physical_id})


def _settings(name: str, old: Properties, new: Properties) -> None:
    """Apply the changed settings for which CloudFormation makes separate calls."""
    region = _REGION.get()()
    before = changes.own_replica(old, region) if old else {}
    after = changes.own_replica(new, region)
    if old and changes.sse(old, before) != changes.sse(new, after):
        encryption = changes.sse(new, after) or {"Enabled": False}
        _call(_UPDATE, {"TableName": name, "SSESpecification": encryption})
    if old and before.get("DeletionProtectionEnabled", False) != after.get("DeletionProtectionEnabled", False):
        protected = bool(after.get("DeletionProtectionEnabled", False))
        _call(_UPDATE, {"TableName": name, "DeletionProtectionEnabled": protected})
    if old and old.get("StreamSpecification") != new.get("StreamSpecification"):
        stream = new.get("StreamSpecification")
        enabled = {"StreamEnabled": True, **stream} if stream else {"StreamEnabled": False}
        _call(_UPDATE, {"TableName": name, "StreamSpecification": enabled})
    if old.get("TimeToLiveSpecification") != new.get("TimeToLiveSpecification"):
        ttl = new.get("TimeToLiveSpecification") or {**old["TimeToLiveSpecification"], "Enabled": False}
        _call(_TTL, {"TableName": name, "TimeToLiveSpecification": ttl})
    backups = after.get("PointInTimeRecoverySpecification")
    if backups != before.get("PointInTimeRecoverySpecification"):
        backups = backups or {"PointInTimeRecoveryEnabled": False}
        _call(_BACKUPS, {"TableName": name, "PointInTimeRecoverySpecification": backups})
    if old:
        _retag(name, before, after)
    _warm(name, old, new)


def _warm(name: str, old: Properties, new: Properties) -> None:
    table = _TABLES.get()[name]
    if (units := changes.warm(old.get("WarmThroughput"), new.get("WarmThroughput"))) is not None:
        table["WarmThroughput"] = {**table.get("WarmThroughput", {}), **units, "Status": "ACTIVE"}
    before = {index["IndexName"]: index for index in old.get("GlobalSecondaryIndexes") or []}
    for index in new.get("GlobalSecondaryIndexes") or []:
        was = before.get(index["IndexName"], {}).get("WarmThroughput")
        if (units := changes.warm(was, index.get("WarmThroughput"))) is not None:
            [kept] = [one for one in table["GlobalSecondaryIndexes"] if one["IndexName"] == index["IndexName"]]
            kept["WarmThroughput"] = {**kept.get("WarmThroughput", {}), **units, "Status": "ACTIVE"}


def _retag(name: str, before: Properties, after: Properties) -> None:
    """Replace the template's previous tags with its new ones; leave tags from elsewhere."""
    arn = _TABLES.get()[name]["TableArn"]
    old, new = ({tag["Key"]: tag["Value"] for tag in side.get("Tags") or []} for side in (before, after))
    kept = [tag for tag in _TAGS.get().get(arn, []) if tag["Key"] not in old and tag["Key"] not in new]
    _TAGS.get()[arn] = kept + [{"Key": key, "Value": value} for key, value in new.items()]


def _result(name: str) -> Result:
    table = _TABLES.get()[name]
    attributes = {"Arn": table["TableArn"], "TableId": table["TableId"]}
    if (table.get("StreamSpecification") or {}).get("StreamEnabled"):
        attributes["StreamArn"] = table["LatestStreamArn"]
    return name, attributes


def _call(name: private_api.PrivateName, data: dict[str, Any]) -> None:
    operation: Callable[[dict[str, Any]], tuple[int, Any, bytes]] = name.get()
    status, _, body = operation(data)
    if status >= 400:
        raise Refused(json.loads(body).get("message") or str(body))
