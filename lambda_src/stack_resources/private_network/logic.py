"""A security group's rules, and the prefix lists of AWS's gateway endpoints."""

from __future__ import annotations

from typing import Any

_SERVICES = {"S3PrefixList": "s3", "DynamoDBPrefixList": "dynamodb"}


class PrefixListMissing(Exception):  # noqa: N818 (CloudFormation shows the name)
    """A region without the prefix list of a service; the message names it."""


def prefix_lists(ec2: Any, *, region: str) -> dict[str, str]:
    """The ids of AWS's own prefix lists, by the attribute's name. Raises PrefixListMissing."""
    names = {attribute: f"com.amazonaws.{region}.{service}" for attribute, service in _SERVICES.items()}
    wanted = [{"Name": "prefix-list-name", "Values": sorted(names.values())}]
    found = {
        each["PrefixListName"]: each["PrefixListId"]
        for page in ec2.get_paginator("describe_managed_prefix_lists").paginate(Filters=wanted)
        for each in page["PrefixLists"]
    }
    for name in names.values():
        if name not in found:
            raise PrefixListMissing(f"EC2 has no prefix list {name}")
    return {attribute: found[name] for attribute, name in names.items()}


def empty(ec2: Any, group_id: str) -> int:
    """Takes all rules from a security group; returns how many there were."""
    [group] = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    incoming, outgoing = group["IpPermissions"], group["IpPermissionsEgress"]
    if incoming:
        ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=incoming)
    if outgoing:
        ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=outgoing)
    return len(incoming) + len(outgoing)
