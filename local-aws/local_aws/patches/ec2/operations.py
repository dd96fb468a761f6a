"""EC2's operations on networks, with the checks that MiniStack leaves out."""

from collections.abc import Callable
from typing import Any

from local_aws import private_api
from local_aws.patches.ec2 import dependencies, endpoints, flow_logs, groups, interfaces, ranges, stores
from local_aws.patches.ec2.stores import Answer, Ec2Error, Params

Operation = Callable[[Any], Any]
_PERMISSIONS = private_api.declare(
    "ministack.services.ec2",
    "_parse_ip_permissions",
    "refuse a security group's rules as EC2 does",
    takes=("params", "prefix"),
)


def install() -> None:
    """Replace two listings, and wrap what creates and deletes."""
    actions = stores.ACTIONS.get()
    for name, operation in _REPLACED.items():
        actions[name] = _refusing(operation)
    for name, check in _CHECKED.items():
        actions[name] = _refusing(_after(check, actions[name]))
    actions["CreateVpcEndpoint"] = _refusing(_creating_endpoint(actions["CreateVpcEndpoint"]))
    actions["ModifyVpcEndpoint"] = _refusing(_modifying_endpoint(actions["ModifyVpcEndpoint"]))
    actions["DescribeSecurityGroups"] = _describing_groups(actions["DescribeSecurityGroups"])
    actions["DeleteVpcEndpoints"] = _refusing(_deleting_endpoints(actions["DeleteVpcEndpoints"]))


def _refusing(operation: Operation) -> Operation:
    def call(params: Params) -> Any:
        try:
            return operation(params)
        except Ec2Error as error:
            return error.answer()

    return call


def _after(check: Callable[[Params], dict[str, str] | None], operation: Operation) -> Operation:
    """Run a check before the operation; it may return parameters as EC2 stores them."""

    def call(params: Params) -> Any:
        changed = check(params) or {}
        return operation({**params, **{name: [value] for name, value in changed.items()}})

    return call


def _vpc(params: Params) -> dict[str, str]:
    block = stores.text(params, "CidrBlock")
    if not block:
        raise Ec2Error("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    return {"CidrBlock": ranges.of_vpc(block)}


def _subnet(params: Params) -> dict[str, str]:
    return {
        "CidrBlock": subnet_range(stores.text(params, "VpcId"), stores.text(params, "CidrBlock")),
    }


def subnet_range(vpc_id: str, block: str) -> str:
    """Return the range of a new subnet as EC2 stores it. Raises Ec2Error."""
    vpc = stores.vpc(vpc_id)
    others = [each["CidrBlock"] for each in stores.SUBNETS.get().values() if each["VpcId"] == vpc_id]
    return ranges.of_subnet(block, vpc=vpc["CidrBlock"], others=others)


def _group(params: Params) -> None:
    vpc_id = stores.text(params, "VpcId")
    if vpc_id:
        groups.check(
            name=stores.text(params, "GroupName"),
            description=stores.text(params, "GroupDescription"),
            vpc_id=vpc_id,
        )


def _rules(direction: str) -> Callable[[Params], None]:
    def check(params: Params) -> None:
        group = stores.group(stores.text(params, "GroupId"))
        rules = _PERMISSIONS.get()(params, "IpPermissions")
        groups.check_rules(rules, group=group, known=group.get(direction, []))

    return check


def _flow_logs(params: Params) -> None:
    names = (
        *("ResourceType", "TrafficType", "LogDestinationType", "LogGroupName", "LogDestination"),
        "DeliverLogsPermissionArn",
    )
    flow_logs.check({name: stores.text(params, name) for name in names}, stores.members(params, "ResourceId"))


def _creating_endpoint(operation: Operation) -> Operation:
    def create(params: Params) -> Answer:
        members = endpoints.checked(_wanted(params))
        known = set(stores.ENDPOINTS.get())
        operation(params)
        [endpoint_id] = set(stores.ENDPOINTS.get()) - known
        store_endpoint(endpoint_id, members)
        return endpoints.created(endpoint_id)

    return create


def store_endpoint(endpoint_id: str, members: dict[str, Any]) -> dict[str, Any]:
    """Give an endpoint its checked members, and its interfaces or routes. Raises Ec2Error, and then removes it."""
    endpoint: dict[str, Any] = stores.ENDPOINTS.get()[endpoint_id]
    endpoint.update(members)
    try:
        endpoints.connect(endpoint)
    except Ec2Error:
        endpoints.disconnect(endpoint_id)
        stores.ENDPOINTS.get().pop(endpoint_id, None)
        raise
    return endpoint


def _modifying_endpoint(operation: Operation) -> Operation:
    def modify(params: Params) -> Any:
        endpoint = stores.ENDPOINTS.get().get(stores.text(params, "VpcEndpointId"))
        if endpoint is None:
            return operation(params)
        before = dict(endpoint)
        wanted = {**endpoint, **_changes(params, endpoint)}
        members = endpoints.checked(wanted, besides=endpoint["VpcEndpointId"])
        endpoint.update(members)
        try:
            endpoints.connect(endpoint)
        except Ec2Error:
            endpoint.update(before)
            raise
        return stores.answer("ModifyVpcEndpoint", "<return>true</return>")

    return modify


def _deleting_endpoints(operation: Operation) -> Operation:
    def delete(params: Params) -> Any:
        for endpoint_id in stores.members(params, "VpcEndpointId"):
            if endpoint_id in stores.ENDPOINTS.get():
                endpoints.disconnect(endpoint_id)
        return operation(params)

    return delete


def _describing_groups(operation: Operation) -> Operation:
    """With EC2's filter `group-id`, which MiniStack ignores: groups that do not exist are left out, not refused."""

    def describe(params: Params) -> Any:
        number = next(
            (key[:-5] for key in params if key.endswith(".Name") and stores.text(params, key) == "group-id"), ""
        )
        if not number:
            return operation(params)
        wanted = [stores.text(params, key) for key in params if key.startswith(f"{number}.Value.")]
        there = [each for each in wanted if _exists(each)]
        others = {key: value for key, value in params.items() if not key.startswith(f"{number}.")}
        named = {f"GroupId.{place}": [each] for place, each in enumerate(there, start=1)}
        # No group is in such a VPC: EC2 then answers with an empty list.
        nowhere = {f"{number}.Name": ["vpc-id"], f"{number}.Value.1": ["none"]}
        return operation({**others, **(named or nowhere)})

    return describe


def _exists(group_id: str) -> bool:
    try:
        stores.group(group_id)
    except Ec2Error:
        return False
    return True


def _wanted(params: Params) -> dict[str, Any]:
    private = stores.text(params, "PrivateDnsEnabled")
    kind = stores.text(params, "VpcEndpointType") or endpoints.GATEWAY
    return {
        "VpcEndpointType": kind,
        "VpcId": stores.text(params, "VpcId"),
        "ServiceName": stores.text(params, "ServiceName"),
        "PolicyDocument": stores.text(params, "PolicyDocument"),
        "SubnetIds": stores.members(params, "SubnetId"),
        "SecurityGroupIds": stores.members(params, "SecurityGroupId"),
        "RouteTableIds": stores.members(params, "RouteTableId"),
        # CreateVpcEndpoint's own default is true, that of the resource type false.
        "PrivateDnsEnabled": private == "true" if private else kind == endpoints.INTERFACE,
    }


def _changes(params: Params, endpoint: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for member, name in (
        ("SubnetIds", "SubnetId"),
        ("SecurityGroupIds", "SecurityGroupId"),
        ("RouteTableIds", "RouteTableId"),
    ):
        removed = stores.members(params, f"Remove{name}")
        kept = [each for each in endpoint.get(member) or [] if each not in removed]
        changes[member] = [*kept, *stores.members(params, f"Add{name}")]
    if stores.text(params, "PolicyDocument"):
        changes["PolicyDocument"] = stores.text(params, "PolicyDocument")
    if stores.text(params, "ResetPolicy") == "true":
        changes["PolicyDocument"] = None
    if stores.text(params, "PrivateDnsEnabled"):
        changes["PrivateDnsEnabled"] = stores.text(params, "PrivateDnsEnabled") == "true"
    return changes


_REPLACED: dict[str, Operation] = {
    "DescribeNetworkInterfaces": interfaces.describe,
    "DeleteNetworkInterface": interfaces.delete,
    "DescribeVpcEndpoints": endpoints.describe,
}
_CHECKED: dict[str, Callable[[Params], dict[str, str] | None]] = {
    "CreateVpc": _vpc,
    "CreateSubnet": _subnet,
    "CreateSecurityGroup": _group,
    "AuthorizeSecurityGroupIngress": _rules("IpPermissions"),
    "AuthorizeSecurityGroupEgress": _rules("IpPermissionsEgress"),
    "CreateFlowLogs": _flow_logs,
    "DeleteVpc": lambda params: dependencies.of_vpc(stores.text(params, "VpcId")),
    "DeleteSubnet": lambda params: dependencies.of_subnet(stores.text(params, "SubnetId")),
    "DeleteSecurityGroup": lambda params: dependencies.of_group(stores.text(params, "GroupId")),
    "DeleteRouteTable": lambda params: dependencies.of_route_table(stores.text(params, "RouteTableId")),
}
