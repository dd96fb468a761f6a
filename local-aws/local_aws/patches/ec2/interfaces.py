"""Network interfaces that services make in subnets: they are requester-managed, and may outlive what they are for.

A service that lets go of an interface still holds it for a while ("AWS::Lambda::Function VpcConfig": CloudFormation
"waits for Lambda to delete them"; up to 45 minutes by the Terraform AWS provider's page on `aws_subnet`). Here that is
LOCAL_AWS_INTERFACE_SECONDS, 3 by default. The end is a time in the record, so that a restart does not forget it.
"""

import os
import secrets
import time
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from local_aws.common import scope
from local_aws.patches.ec2 import ranges, stores
from local_aws.patches.ec2.stores import Answer, Ec2Error, Params

_DEFAULT_SECONDS = 3.0
_OWNER, _GONE_AT = "LocalOwner", "LocalGoneAt"


def lingering_seconds() -> float:
    """Return how long a service holds an interface after its last use."""
    return float(os.environ.get("LOCAL_AWS_INTERFACE_SECONDS") or _DEFAULT_SECONDS)


def make(
    *,
    owner: str,
    subnet_id: str,
    group_ids: Sequence[str],
    description: str,
    requester: str,
    kind: str = "interface",
) -> str:
    """Create an interface that is in use; returns its id. Raises Ec2Error.

    owner: whom it is for, such as an endpoint's id; requester: the service that manages it.
    """
    subnet = stores.subnet(subnet_id)
    interface_id = f"eni-{secrets.token_hex(9)[:17]}"
    used = [each["PrivateIpAddress"] for each in current() if each["SubnetId"] == subnet_id]
    stores.INTERFACES.get()[interface_id] = {
        "NetworkInterfaceId": interface_id,
        "SubnetId": subnet_id,
        "VpcId": subnet["VpcId"],
        "AvailabilityZone": subnet["AvailabilityZone"],
        "Description": description,
        "OwnerId": scope.current()[0],
        "Status": "in-use",
        "PrivateIpAddress": ranges.free_address(subnet, used),
        "InterfaceType": kind,
        "SourceDestCheck": True,
        "MacAddress": "0a:" + ":".join(secrets.token_hex(1) for _ in range(5)),
        "Groups": [{"GroupId": each, "GroupName": stores.group(each)["GroupName"]} for each in group_ids],
        "Attachment": None,
        "RequesterManaged": True,
        "RequesterId": requester,
        _OWNER: owner,
    }
    return interface_id


def of(owner: str) -> list[dict[str, Any]]:
    """Return the interfaces of an owner, those that it has let go of included."""
    return [each for each in current() if each.get(_OWNER) == owner]


def keep(owner: str) -> None:
    """Use an owner's interfaces again, if it had let go of them."""
    for each in of(owner):
        each.pop(_GONE_AT, None)


def let_go(owner: str, *, seconds: float | None = None) -> None:
    """Let an owner's interfaces go; they disappear after `lingering_seconds`, or after `seconds`."""
    gone = time.time() + (lingering_seconds() if seconds is None else seconds)
    for each in of(owner):
        each.setdefault(_GONE_AT, gone)
    current()


def current() -> list[dict[str, Any]]:
    """Return all interfaces, without those whose time is over."""
    store = stores.INTERFACES.get()
    for interface_id, record in list(store.items()):
        if record.get(_GONE_AT, float("inf")) <= time.time():
            store.pop(interface_id, None)
    return list(store.values())


def delete(params: Params) -> Answer:
    """DeleteNetworkInterface, which refuses one in use. Source: EC2 API reference, "Error codes"."""
    interface_id = stores.text(params, "NetworkInterfaceId")
    current()
    record = stores.INTERFACES.get().get(interface_id)
    if record is None:
        raise Ec2Error("InvalidNetworkInterfaceID.NotFound", f"The networkInterface ID '{interface_id}' does not exist")
    if record["Status"] == "in-use":
        raise Ec2Error("InvalidParameterValue", f"Network interface '{interface_id}' is currently in use.")
    stores.INTERFACES.get().pop(interface_id)
    return stores.answer("DeleteNetworkInterface", "<return>true</return>")


def describe(params: Params) -> Answer:
    """DescribeNetworkInterfaces with its filters, which MiniStack ignores."""
    wanted = stores.members(params, "NetworkInterfaceId")
    known = {each["NetworkInterfaceId"]: each for each in current()}
    for each in wanted:
        if each not in known:
            raise Ec2Error("InvalidNetworkInterfaceID.NotFound", f"The networkInterface ID '{each}' does not exist")
    shown = [
        _xml(record)
        for interface_id, record in known.items()
        if (not wanted or interface_id in wanted) and stores.filtered(params, interface_id, _filter_values(record))
    ]
    return stores.answer("DescribeNetworkInterfaces", f"<networkInterfaceSet>{''.join(shown)}</networkInterfaceSet>")


def _filter_values(record: dict[str, Any]) -> dict[str, list[str]]:
    groups = record.get("Groups", [])
    return {
        "network-interface-id": [record["NetworkInterfaceId"]],
        "subnet-id": [record["SubnetId"]],
        "vpc-id": [record["VpcId"]],
        "availability-zone": [record["AvailabilityZone"]],
        "group-id": [group["GroupId"] for group in groups],
        "group-name": [group["GroupName"] for group in groups],
        "description": [record["Description"]],
        "status": [record["Status"]],
        "interface-type": [record.get("InterfaceType", "interface")],
        "owner-id": [record["OwnerId"]],
        "requester-id": [record.get("RequesterId", record["OwnerId"])],
        "requester-managed": [_yes(record.get("RequesterManaged"))],
        "private-ip-address": [record["PrivateIpAddress"]],
    }


def _xml(record: dict[str, Any]) -> str:
    groups = "".join(
        f"<item><groupId>{group['GroupId']}</groupId><groupName>{escape(group['GroupName'])}</groupName></item>"
        for group in record.get("Groups", [])
    )
    address = record["PrivateIpAddress"]
    return (
        "<item>"
        f"<networkInterfaceId>{record['NetworkInterfaceId']}</networkInterfaceId>"
        f"<subnetId>{record['SubnetId']}</subnetId><vpcId>{record['VpcId']}</vpcId>"
        f"<availabilityZone>{record['AvailabilityZone']}</availabilityZone>"
        f"<description>{escape(record['Description'])}</description><ownerId>{record['OwnerId']}</ownerId>"
        f"<requesterId>{record.get('RequesterId', record['OwnerId'])}</requesterId>"
        f"<requesterManaged>{_yes(record.get('RequesterManaged'))}</requesterManaged>"
        f"<status>{record['Status']}</status><macAddress>{record['MacAddress']}</macAddress>"
        f"<privateIpAddress>{address}</privateIpAddress>"
        f"<sourceDestCheck>{_yes(record.get('SourceDestCheck', True))}</sourceDestCheck>"
        f"<interfaceType>{record.get('InterfaceType', 'interface')}</interfaceType>"
        f"<groupSet>{groups}</groupSet>"
        f"<privateIpAddressesSet><item><privateIpAddress>{address}</privateIpAddress><primary>true</primary></item>"
        f"</privateIpAddressesSet>{_attachment(record.get('Attachment'))}"
        f"{stores.tag_set(record['NetworkInterfaceId'])}</item>"
    )


def _attachment(attachment: dict[str, Any] | None) -> str:
    if not attachment:
        return ""
    return (
        f"<attachment><attachmentId>{attachment['AttachmentId']}</attachmentId>"
        f"<instanceId>{attachment.get('InstanceId', '')}</instanceId>"
        f"<deviceIndex>{attachment.get('DeviceIndex', 0)}</deviceIndex>"
        f"<status>{attachment.get('Status', 'attached')}</status></attachment>"
    )


def _yes(value: object) -> str:
    return "true" if value else "false"
