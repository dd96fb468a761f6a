"""CloudFormation's resource types of networks, with EC2's refusals.

MiniStack's handlers write to its stores without any check, keep an endpoint whose VPC or service has changed, and lack
rules of security groups as resources (AWS::EC2::SecurityGroupIngress and -Egress) and flow logs. Source: the template
reference of each type.
"""

import secrets
from collections.abc import Callable
from typing import Any

from local_aws import private_api
from local_aws.patches.ec2 import dependencies, endpoints, flow_logs, groups, operations, ranges, stores
from local_aws.patches.ec2.stores import Ec2Error

_PROVISIONERS = "ministack.services.cloudformation.provisioners"
_WHY = "make networks as CloudFormation does"
_HANDLERS = private_api.declare(
    _PROVISIONERS,
    "_RESOURCE_HANDLERS",
    _WHY,
    expects=lambda handlers: all(
        {"create", "delete"} <= set(handlers.get(f"AWS::EC2::{kind}", {}))
        for kind in ("VPC", "Subnet", "SecurityGroup", "RouteTable", "VPCEndpoint")
    ),
)
_REPLACING = private_api.declare(_PROVISIONERS, "_REPLACING_PROPERTIES", _WHY)
_STACK_TAGS = private_api.declare(_PROVISIONERS, "_STACK_TAG_PROPERTY", _WHY)
_RULES = private_api.declare(_PROVISIONERS, "_ec2_sg_permissions", _WHY, takes=("rules",))

Properties = dict[str, Any]
Made = tuple[str, Properties]
_ENDPOINT, _RULE = "AWS::EC2::VPCEndpoint", "AWS::EC2::SecurityGroup"
_KEPT = {"Ingress": "IpPermissions", "Egress": "IpPermissionsEgress"}
# All but Description and, of a group's own rules, nothing: a changed rule is another rule.
_OF_A_RULE = (
    *("CidrIp", "CidrIpv6", "FromPort", "GroupId", "GroupName", "IpProtocol", "SourcePrefixListId", "ToPort"),
    *("SourceSecurityGroupId", "SourceSecurityGroupName", "SourceSecurityGroupOwnerId"),
    *("DestinationPrefixListId", "DestinationSecurityGroupId", "Description"),
)


class ResourceRefusedError(Exception):
    """EC2's refusal, as CloudFormation shows it."""


def install() -> None:
    handlers = _HANDLERS.get()
    for kind, check in _BEFORE.items():
        _wrap(handlers[f"AWS::EC2::{kind}"], "create", 1, check)
    for kind, verify in _BEFORE_DELETE.items():
        _wrap_delete(handlers[f"AWS::EC2::{kind}"], verify)
    handlers[_ENDPOINT]["create"] = _shown(_creating(handlers[_ENDPOINT]["create"]))
    handlers[_ENDPOINT]["update"] = _shown(_updating(handlers[_ENDPOINT]["update"]))
    handlers[_ENDPOINT]["delete"] = _shown(_disconnecting(handlers[_ENDPOINT]["delete"]))
    _REPLACING.get()[_ENDPOINT] = ("ServiceName", "VpcEndpointType", "VpcId")
    handlers[flow_logs.TYPE] = {
        "create": _shown(flow_logs.create),
        "update": _shown(flow_logs.update),
        "delete": flow_logs.delete,
    }
    _REPLACING.get()[flow_logs.TYPE] = flow_logs.REPLACING
    _STACK_TAGS.get()[flow_logs.TYPE] = ("Tags", "list")
    for direction, member in _KEPT.items():
        handlers[f"{_RULE}{direction}"] = _rule_handlers(member)
        _REPLACING.get()[f"{_RULE}{direction}"] = _OF_A_RULE


def _shown(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Report a refusal as CloudFormation does."""

    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return handler(*arguments, **named)
        except Ec2Error as error:
            raise ResourceRefusedError(
                f"{error.message} (Service: Ec2, Status Code: 400, Error Code: {error.code})"
            ) from None

    return call


def _wrap(handlers: dict[str, Any], verb: str, index: int, check: Callable[[Properties], Properties | None]) -> None:
    original = handlers[verb]

    def call(*arguments: Any, **named: Any) -> Any:
        changed = {**arguments[index], **(check(arguments[index]) or {})}
        return original(*arguments[:index], changed, *arguments[index + 1 :], **named)

    handlers[verb] = _shown(call)


def _wrap_delete(handlers: dict[str, Any], verify: Callable[[str], None]) -> None:
    original = handlers["delete"]

    def call(physical_id: str, properties: Properties) -> None:
        verify(physical_id)
        original(physical_id, properties)

    handlers["delete"] = _shown(call)


def _vpc(properties: Properties) -> Properties:
    return {"CidrBlock": ranges.of_vpc(properties["CidrBlock"])} if "CidrBlock" in properties else {}


def _subnet(properties: Properties) -> Properties:
    return {"CidrBlock": operations.subnet_range(properties.get("VpcId", ""), properties.get("CidrBlock", ""))}


def _group(properties: Properties) -> None:
    if "VpcId" not in properties:
        return
    groups.check(
        name=properties.get("GroupName", "named-by-cloudformation"),
        description=properties.get("GroupDescription", ""),
        vpc_id=properties["VpcId"],
    )
    for direction in ("SecurityGroupIngress", "SecurityGroupEgress"):
        rules = _RULES.get()(properties.get(direction))
        groups.check_rules(rules, group={"VpcId": properties["VpcId"]}, known=[])


def _route_table(properties: Properties) -> None:
    stores.vpc(properties.get("VpcId", ""))


def _creating(create: Callable[..., Made]) -> Callable[..., Made]:
    def call(logical_id: str, properties: Properties, stack_name: str) -> Made:
        members = endpoints.checked(_typed(properties))
        endpoint_id, attributes = create(logical_id, properties, stack_name)
        return endpoint_id, {**attributes, **_attributes(operations.store_endpoint(endpoint_id, members))}

    return call


def _updating(update: Callable[..., Made]) -> Callable[..., Made]:
    def call(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        members = endpoints.checked(_typed(new), besides=physical_id)
        endpoint_id, attributes = update(physical_id, old, new, stack_name)
        endpoint: Properties = stores.ENDPOINTS.get()[endpoint_id]
        endpoint.update(members)
        endpoints.connect(endpoint)
        return endpoint_id, {**attributes, **_attributes(endpoint)}

    return call


def _disconnecting(delete: Callable[..., None]) -> Callable[..., None]:
    def call(physical_id: str, properties: Properties) -> None:
        if physical_id in stores.ENDPOINTS.get():
            endpoints.disconnect(physical_id)
        delete(physical_id, properties)

    return call


def _attributes(endpoint: Properties) -> Properties:
    return {
        "DnsEntries": endpoint.get("DnsEntries", []),
        "NetworkInterfaceIds": endpoint.get("NetworkInterfaceIds", []),
    }


def _typed(properties: Properties) -> Properties:
    """Return an endpoint's properties with a boolean where a template may have a string."""
    return {**properties, "PrivateDnsEnabled": str(properties.get("PrivateDnsEnabled", False)).lower() == "true"}


def _rule_handlers(member: str) -> dict[str, Any]:
    def create(logical_id: str, properties: Properties, stack_name: str) -> Made:
        del logical_id, stack_name
        group = stores.group(properties.get("GroupId", ""))
        rules = _RULES.get()([properties])
        known = group.setdefault(member, [])
        groups.check_rules(rules, group=group, known=known)
        known.extend(rules)
        rule_id = f"sgr-{secrets.token_hex(9)[:17]}"
        return rule_id, {"Id": rule_id}

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        del old, new, stack_name
        return physical_id, {"Id": physical_id}

    def delete(physical_id: str, properties: Properties) -> None:
        del physical_id
        group = stores.GROUPS.get().get(properties.get("GroupId"))
        for rule in _RULES.get()([properties]):
            if group is not None and rule in group.get(member, []):
                group[member].remove(rule)

    return {"create": _shown(create), "update": update, "delete": delete}


_BEFORE: dict[str, Callable[[Properties], Properties | None]] = {
    "VPC": _vpc,
    "Subnet": _subnet,
    "SecurityGroup": _group,
    "RouteTable": _route_table,
}
_BEFORE_DELETE: dict[str, Callable[[str], None]] = {
    "VPC": dependencies.of_vpc,
    "Subnet": dependencies.of_subnet,
    "SecurityGroup": dependencies.of_group,
    "RouteTable": dependencies.of_route_table,
}
