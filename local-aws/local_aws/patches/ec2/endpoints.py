"""Interface and gateway endpoints: what EC2 refuses, their network interfaces and their routes.

MiniStack stores whatever it is given. Sources: EC2 API reference, CreateVpcEndpoint and "Error codes"; PrivateLink user
guide, "Access an AWS service using an interface VPC endpoint" (one subnet of each zone, private DNS, security groups)
and "Gateway endpoints" (a route for each table); the messages are published in aws/aws-cdk #1583 (conflicting domain)
and by users (DNS attributes, routes).
"""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from local_aws.patches.ec2 import interfaces, policies, services, stores
from local_aws.patches.ec2.stores import Answer, Ec2Error, Params

GATEWAY, INTERFACE = "Gateway", "Interface"
Wanted = Mapping[str, Any]


def checked(wanted: Wanted, *, besides: str | None = None) -> dict[str, Any]:
    """Return an endpoint's members as EC2 stores them. Raises Ec2Error.

    wanted: the members of CreateVpcEndpoint or of the template; besides: the id of the endpoint that is updated.
    """
    kind = wanted.get("VpcEndpointType") or GATEWAY
    if kind not in (GATEWAY, INTERFACE):
        raise Ec2Error("InvalidParameterValue", f"The local AWS has no endpoints of the type {kind}.")
    vpc = stores.vpc(wanted.get("VpcId", ""))
    services.short_name(wanted.get("ServiceName", ""), kind=kind)
    members = {"VpcEndpointType": kind, "PolicyDocument": policies.checked(wanted.get("PolicyDocument"))}
    if kind == GATEWAY:
        return members | {"RouteTableIds": _tables(wanted, vpc, besides), "PrivateDnsEnabled": False}
    if wanted.get("RouteTableIds"):
        raise Ec2Error("InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoint.")
    private = bool(wanted.get("PrivateDnsEnabled"))
    if private:
        _check_private_dns(wanted["ServiceName"], vpc, besides)
    return members | {
        "SubnetIds": _subnets(wanted, vpc),
        "SecurityGroupIds": _groups(wanted, vpc),
        "PrivateDnsEnabled": private,
    }


def connect(endpoint: dict[str, Any]) -> None:
    """Give a stored endpoint its interfaces or routes, and take away those that it no longer has."""
    endpoint_id = endpoint["VpcEndpointId"]
    if endpoint["VpcEndpointType"] == GATEWAY:
        _route(endpoint)
        return
    wanted = set(endpoint["SubnetIds"])
    for interface in interfaces.of(endpoint_id):
        if interface["SubnetId"] not in wanted:
            stores.INTERFACES.get().pop(interface["NetworkInterfaceId"], None)
        else:
            wanted.remove(interface["SubnetId"])
            interface["Groups"] = [
                {"GroupId": each, "GroupName": stores.group(each)["GroupName"]} for each in endpoint["SecurityGroupIds"]
            ]
    for subnet_id in sorted(wanted):
        interfaces.make(
            owner=endpoint_id,
            subnet_id=subnet_id,
            group_ids=endpoint["SecurityGroupIds"],
            description=f"VPC Endpoint Interface {endpoint_id}",
            requester="amazon-aws",
            kind="vpc_endpoint",
        )
    endpoint["NetworkInterfaceIds"] = [each["NetworkInterfaceId"] for each in interfaces.of(endpoint_id)]
    endpoint["DnsEntries"] = _dns_entries(endpoint)


def disconnect(endpoint_id: str) -> None:
    """Remove a deleted endpoint's interfaces and routes."""
    interfaces.let_go(endpoint_id, seconds=0)
    for table in stores.ROUTE_TABLES.get().values():
        table["Routes"] = [route for route in table["Routes"] if route.get("GatewayId") != endpoint_id]


def describe(params: Params) -> Answer:
    """DescribeVpcEndpoints with its filters and all members; MiniStack ignores the filters and leaves members out."""
    wanted = stores.members(params, "VpcEndpointId")
    known = stores.ENDPOINTS.get()
    for each in wanted:
        if known.get(each) is None:
            raise Ec2Error("InvalidVpcEndpointId.NotFound", f"The Vpc Endpoint Id '{each}' does not exist")
    shown = [
        _xml(record)
        for endpoint_id, record in known.items()
        if (not wanted or endpoint_id in wanted) and stores.filtered(params, endpoint_id, _filter_values(record))
    ]
    return stores.answer("DescribeVpcEndpoints", f"<vpcEndpointSet>{''.join(shown)}</vpcEndpointSet>")


def created(endpoint_id: str) -> Answer:
    """Answer CreateVpcEndpoint."""
    shown = _xml(stores.ENDPOINTS.get()[endpoint_id]).removeprefix("<item>").removesuffix("</item>")
    return stores.answer("CreateVpcEndpoint", f"<vpcEndpoint>{shown}</vpcEndpoint>")


def _subnets(wanted: Wanted, vpc: dict[str, Any]) -> list[str]:
    subnet_ids = list(wanted.get("SubnetIds") or [])
    zones = set()
    for subnet_id in subnet_ids:
        subnet = stores.subnet(subnet_id)
        if subnet["VpcId"] != vpc["VpcId"]:
            raise Ec2Error("InvalidParameter", f"The subnet {subnet_id} is not in the VPC {vpc['VpcId']}.")
        if subnet["AvailabilityZone"] in zones:
            raise Ec2Error(
                "DuplicateSubnetsInSameZone",
                f"Found another VPC endpoint subnet in the availability zone of {subnet_id}",
            )
        zones.add(subnet["AvailabilityZone"])
    return subnet_ids


def _groups(wanted: Wanted, vpc: dict[str, Any]) -> list[str]:
    """Return the endpoint's groups, by default the VPC's own."""
    group_ids = list(wanted.get("SecurityGroupIds") or [vpc["DefaultSecurityGroupId"]])
    for group_id in group_ids:
        if stores.group(group_id)["VpcId"] != vpc["VpcId"]:
            raise Ec2Error(
                "InvalidGroup.NotFound",
                f"The security group '{group_id}' does not exist in VPC '{vpc['VpcId']}'",
            )
    return group_ids


def _check_private_dns(service: str, vpc: dict[str, Any], besides: str | None) -> None:
    if not (vpc.get("EnableDnsSupport", True) and vpc.get("EnableDnsHostnames", False)):
        raise Ec2Error(
            "InvalidParameter",
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true "
            f"for {vpc['VpcId']}",
        )
    for other_id, other in stores.ENDPOINTS.get().items():
        same = (other["VpcId"], other["ServiceName"]) == (vpc["VpcId"], service)
        if same and other.get("PrivateDnsEnabled") and other_id != besides:
            raise Ec2Error(
                "InvalidParameter",
                f"private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                f"{_domain(service)} in the VPC {vpc['VpcId']}",
            )


def _tables(wanted: Wanted, vpc: dict[str, Any], besides: str | None) -> list[str]:
    for member in ("SubnetIds", "SecurityGroupIds"):
        if wanted.get(member):
            raise Ec2Error("InvalidParameter", f"{member} are not supported for Gateway type VPC Endpoint.")
    if wanted.get("PrivateDnsEnabled"):
        raise Ec2Error("InvalidParameter", "Private DNS can only be enabled for Interface type VPC Endpoint.")
    table_ids = list(wanted.get("RouteTableIds") or [])
    destination = stores.prefix_list(wanted["ServiceName"])
    for table_id in table_ids:
        table = stores.route_table(table_id)
        if table["VpcId"] != vpc["VpcId"]:
            raise Ec2Error("InvalidRouteTableId.NotFound", f"Route table {table_id} is not in the VPC {vpc['VpcId']}")
        for route in table["Routes"]:
            if route.get("DestinationPrefixListId") == destination and route.get("GatewayId") != besides:
                raise Ec2Error(
                    "RouteAlreadyExists",
                    f"route table {table_id} already has a route with destination-prefix-list-id {destination}",
                )
    return table_ids


def _route(endpoint: dict[str, Any]) -> None:
    endpoint_id, wanted = endpoint["VpcEndpointId"], set(endpoint["RouteTableIds"])
    for table_id, table in stores.ROUTE_TABLES.get().items():
        table["Routes"] = [route for route in table["Routes"] if route.get("GatewayId") != endpoint_id]
        if table_id in wanted:
            table["Routes"].append(
                {
                    "DestinationPrefixListId": stores.prefix_list(endpoint["ServiceName"]),
                    "GatewayId": endpoint_id,
                    "State": "active",
                    "Origin": "CreateRoute",
                }
            )


def _domain(service: str) -> str:
    """Return the service's public name, such as sqs.us-east-1.amazonaws.com."""
    _, _, region, name = service.split(".", 3)
    return f"{'.'.join(reversed(name.split('.')))}.{region}.amazonaws.com"


def _dns_entries(endpoint: dict[str, Any]) -> list[str]:
    """Return `hosted zone:name` for each name, as the template attribute has them."""
    service, endpoint_id = endpoint["ServiceName"], endpoint["VpcEndpointId"]
    region = service.split(".")[2]
    own = f"{endpoint_id}.{_domain(service).removesuffix(f'.{region}.amazonaws.com')}.{region}.vpce.amazonaws.com"
    names = [own, *([_domain(service)] if endpoint["PrivateDnsEnabled"] else [])]
    return [f"Z7HUB22UULQXV:{name}" for name in names]


def _filter_values(record: dict[str, Any]) -> dict[str, list[str]]:
    return {
        "vpc-id": [record["VpcId"]],
        "service-name": [record["ServiceName"]],
        "vpc-endpoint-id": [record["VpcEndpointId"]],
        "vpc-endpoint-type": [record["VpcEndpointType"]],
        "vpc-endpoint-state": [record["State"]],
    }


def _xml(record: dict[str, Any]) -> str:
    def items(member: str) -> str:
        return "".join(f"<item>{value}</item>" for value in record.get(member) or [])

    groups = "".join(
        f"<item><groupId>{each}</groupId><groupName>{escape(stores.group(each)['GroupName'])}</groupName></item>"
        for each in record.get("SecurityGroupIds") or []
        if each in stores.GROUPS.get()
    )
    names = "".join(
        f"<item><dnsName>{name}</dnsName><hostedZoneId>{zone}</hostedZoneId></item>"
        for zone, _, name in (each.partition(":") for each in record.get("DnsEntries") or [])
    )
    policy = record.get("PolicyDocument") or _FULL_ACCESS
    return (
        "<item>"
        f"<vpcEndpointId>{record['VpcEndpointId']}</vpcEndpointId>"
        f"<vpcEndpointType>{record['VpcEndpointType']}</vpcEndpointType><vpcId>{record['VpcId']}</vpcId>"
        f"<serviceName>{record['ServiceName']}</serviceName><state>{record['State']}</state>"
        f"<policyDocument>{escape(policy)}</policyDocument><ownerId>{record['OwnerId']}</ownerId>"
        f"<routeTableIdSet>{items('RouteTableIds')}</routeTableIdSet><subnetIdSet>{items('SubnetIds')}</subnetIdSet>"
        f"<groupSet>{groups}</groupSet><ipAddressType>ipv4</ipAddressType>"
        f"<privateDnsEnabled>{str(bool(record.get('PrivateDnsEnabled'))).lower()}</privateDnsEnabled>"
        f"<requesterManaged>false</requesterManaged>"
        f"<networkInterfaceIdSet>{items('NetworkInterfaceIds')}</networkInterfaceIdSet><dnsEntrySet>{names}</dnsEntrySet>"
        f"{stores.tag_set(record['VpcEndpointId'])}</item>"
    )


# "If this parameter is not specified, we attach a default policy that allows full access to the service."
_FULL_ACCESS = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
