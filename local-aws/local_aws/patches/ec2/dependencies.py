"""What may not be deleted while something depends on it: DependencyViolation (EC2 API reference, "Error codes").

MiniStack looks only at a VPC's subnets, groups and internet gateways. The messages are published in
aws-cloudformation/cloudformation-coverage-roadmap #1327.
"""

from typing import Any

from local_aws.patches.ec2 import interfaces, stores
from local_aws.patches.ec2.stores import Ec2Error


def of_subnet(subnet_id: str) -> None:
    """Raise Ec2Error if an interface is in the subnet."""
    if any(each["SubnetId"] == subnet_id for each in interfaces.current()):
        raise _has_dependencies("subnet", subnet_id)


def of_group(group_id: str) -> None:
    """Raise Ec2Error if an interface has the group or another group's rule names it."""
    used = any(group_id in _group_ids(each) for each in interfaces.current())
    if used or any(
        group_id in _named(other) for other_id, other in stores.GROUPS.get().items() if other_id != group_id
    ):
        raise Ec2Error("DependencyViolation", f"resource {group_id} has a dependent object")


def of_route_table(table_id: str) -> None:
    """Raise Ec2Error if a subnet uses the route table."""
    table = stores.ROUTE_TABLES.get().get(table_id) or {}
    if table.get("Associations"):
        raise _has_dependencies("routeTable", table_id)


def of_vpc(vpc_id: str) -> None:
    """Raise Ec2Error if the VPC has an endpoint, an interface, or a route table besides its main one."""
    main = (stores.VPCS.get().get(vpc_id) or {}).get("MainRouteTableId")
    tables = (each for each in stores.ROUTE_TABLES.get().values() if each["RouteTableId"] != main)
    for each in (*interfaces.current(), *stores.ENDPOINTS.get().values(), *tables):
        if each["VpcId"] == vpc_id:
            raise _has_dependencies("vpc", vpc_id)


def _has_dependencies(kind: str, name: str) -> Ec2Error:
    return Ec2Error("DependencyViolation", f"The {kind} '{name}' has dependencies and cannot be deleted.")


def _group_ids(interface: dict[str, Any]) -> list[str]:
    return [group["GroupId"] for group in interface.get("Groups", [])]


def _named(group: dict[str, Any]) -> set[str]:
    rules = [*group.get("IpPermissions", []), *group.get("IpPermissionsEgress", [])]
    return {pair["GroupId"] for rule in rules for pair in rule.get("UserIdGroupPairs", []) if "GroupId" in pair}
