"""Flow logs: what EC2 refuses, and their resource type, which MiniStack lacks. No traffic is recorded here.

Sources: EC2 API reference, CreateFlowLogs and "Error codes" (FlowLogAlreadyExists); "AWS::EC2::FlowLog" in the
CloudFormation template reference. The message of a duplicate is ours.
"""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from local_aws.patches.ec2 import stores
from local_aws.patches.ec2.stores import Ec2Error

TYPE = "AWS::EC2::FlowLog"
# All but Tags ("AWS::EC2::FlowLog", "Update requires: Replacement").
REPLACING = (
    *("DeliverCrossAccountRole", "DeliverLogsPermissionArn", "DestinationOptions", "LogDestination"),
    *("LogDestinationType", "LogFormat", "LogGroupName", "MaxAggregationInterval", "ResourceId", "ResourceType"),
    "TrafficType",
)
_LOGS = "cloud-watch-logs"
_OF = {"VPC": stores.vpc, "Subnet": stores.subnet}


def check(wanted: Mapping[str, Any], resource_ids: list[str]) -> None:
    """Raise Ec2Error if EC2 would not make these flow logs. wanted: the members of the request or of the template."""
    kind, to = wanted.get("ResourceType", ""), wanted.get("LogDestinationType") or _LOGS
    if kind not in (*_OF, "NetworkInterface") or wanted.get("TrafficType") not in ("ACCEPT", "REJECT", "ALL"):
        raise Ec2Error("InvalidParameter", "A flow log needs a ResourceType and a TrafficType that EC2 knows.")
    for resource_id in resource_ids:
        if kind in _OF:
            _OF[kind](resource_id)
    group, destination = wanted.get("LogGroupName"), wanted.get("LogDestination")
    if group and destination:
        raise Ec2Error("InvalidParameter", "Only one of LogGroupName and LogDestination can be provided.")
    if not group and not destination:
        raise Ec2Error("InvalidParameter", "A flow log needs a LogGroupName or a LogDestination.")
    if (to == _LOGS) != bool(wanted.get("DeliverLogsPermissionArn")):
        raise Ec2Error(
            "InvalidParameter", f"DeliverLogsPermissionArn is for the LogDestinationType {_LOGS}, which requires it."
        )
    for known in stores.FLOW_LOGS.get().values():
        same = known["ResourceId"] in resource_ids and known["TrafficType"] == wanted["TrafficType"]
        if same and known.get("LogDestination") == (destination or group):
            raise Ec2Error("FlowLogAlreadyExists", f"There is already a flow log of {known['ResourceId']} like this.")


def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    """Create a flow log from a template; its Ref and Id are its id."""
    del logical_id, stack_name
    check(properties, [properties.get("ResourceId", "")])
    flow_log_id = f"fl-{secrets.token_hex(9)[:17]}"
    stores.FLOW_LOGS.get()[flow_log_id] = {
        "FlowLogId": flow_log_id,
        "ResourceId": properties["ResourceId"],
        "ResourceType": properties["ResourceType"],
        "TrafficType": properties["TrafficType"],
        "LogDestinationType": properties.get("LogDestinationType") or _LOGS,
        "LogDestination": properties.get("LogDestination") or properties.get("LogGroupName"),
        "FlowLogStatus": "ACTIVE",
        "CreationTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    _tag(flow_log_id, properties)
    return flow_log_id, {"Id": flow_log_id}


def update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    """Change the tags; any other change makes a new flow log."""
    del old, stack_name
    _tag(physical_id, new)
    return physical_id, {"Id": physical_id}


def delete(physical_id: str, properties: dict[str, Any]) -> None:
    del properties
    stores.FLOW_LOGS.get().pop(physical_id, None)
    stores.TAGS.get().pop(physical_id, None)


def _tag(flow_log_id: str, properties: dict[str, Any]) -> None:
    stores.TAGS.get()[flow_log_id] = [dict(tag) for tag in properties.get("Tags", [])]
