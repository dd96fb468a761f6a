"""What EC2 refuses of a private network, and what a network's parts do to each other."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws_testing.networks import Network, refused
from local_aws_testing.server import Server


@pytest.fixture
def network(server: Server) -> Iterator[Network]:
    made = Network(server)
    yield made
    made.remove()


@pytest.fixture
def ec2(server: Server) -> Any:
    return server.client("ec2")


@pytest.mark.parametrize("block", ["10.0.0.0/15", "10.0.0.0/29"])
def test_a_vpc_has_a_block_between_16_and_28(ec2: Any, block: str) -> None:
    assert refused(ec2.create_vpc, CidrBlock=block)[0] == "InvalidVpc.Range"


def test_host_bits_of_a_block_are_cleared(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="100.68.0.18/18")["Vpc"]
    assert vpc["CidrBlock"] == "100.68.0.0/18"
    ec2.delete_vpc(VpcId=vpc["VpcId"])


def test_a_subnet_lies_in_its_vpc_and_apart_from_the_others(network: Network) -> None:
    create = network.ec2.create_subnet
    assert refused(create, VpcId=network.vpc, CidrBlock="10.8.0.0/24")[0] == "InvalidSubnet.Range"
    assert refused(create, VpcId=network.vpc, CidrBlock="10.7.0.0/15")[0] == "InvalidSubnet.Range"
    code, message = refused(create, VpcId=network.vpc, CidrBlock="10.7.0.128/25")
    assert (code, message) == ("InvalidSubnet.Conflict", "The CIDR '10.7.0.128/25' conflicts with another subnet")
    assert refused(create, VpcId="vpc-0", CidrBlock="10.7.9.0/24")[0] == "InvalidVpcID.NotFound"


@pytest.mark.parametrize("description", ["It’s for functions", "x" * 256])
def test_a_group_s_description_is_plain_and_short(network: Network, description: str) -> None:
    code, _ = refused(network.ec2.create_security_group, VpcId=network.vpc, GroupName="other", Description=description)
    assert code == "InvalidParameterValue"


def test_a_rule_is_there_once(network: Network) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.7.0.0/16"}]}
    network.ec2.authorize_security_group_ingress(GroupId=network.group, IpPermissions=[rule])
    code, _ = refused(network.ec2.authorize_security_group_ingress, GroupId=network.group, IpPermissions=[rule])
    assert code == "InvalidPermission.Duplicate"


def test_an_interface_endpoint_has_an_interface_in_each_subnet(network: Network) -> None:
    endpoint = network.endpoint()
    made = network.interfaces()
    assert {each["SubnetId"] for each in made} == set(network.subnets)
    assert {(each["InterfaceType"], each["RequesterManaged"], each["Description"]) for each in made} == {
        ("vpc_endpoint", True, f"VPC Endpoint Interface {endpoint}")
    }
    [described] = network.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
    assert set(described["NetworkInterfaceIds"]) == {each["NetworkInterfaceId"] for each in made}
    assert [group["GroupId"] for group in described["Groups"]] == [network.group]
    code, _ = refused(network.ec2.delete_network_interface, NetworkInterfaceId=made[0]["NetworkInterfaceId"])
    assert code == "InvalidParameterValue"
    network.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert network.interfaces() == []


def test_private_dns_needs_the_vpc_s_attributes_and_one_endpoint_for_a_domain(network: Network) -> None:
    private = network.wanted(PrivateDnsEnabled=True)
    code, message = refused(network.ec2.create_vpc_endpoint, **private)
    assert code == "InvalidParameter"
    assert "enableDnsHostnames" in message
    network.with_dns()
    network.endpoint(PrivateDnsEnabled=True)
    code, message = refused(network.ec2.create_vpc_endpoint, **private)
    assert code == "InvalidParameter"
    assert f"conflicting DNS domain for sqs.us-east-1.amazonaws.com in the VPC {network.vpc}" in message
    assert network.endpoint(PrivateDnsEnabled=False)


def test_an_endpoint_takes_one_subnet_of_a_zone_and_only_of_its_vpc(network: Network, server: Server) -> None:
    create = network.ec2.create_vpc_endpoint
    twin = network.ec2.create_subnet(VpcId=network.vpc, CidrBlock="10.7.9.0/24", AvailabilityZone="us-east-1a")
    twin_id = twin["Subnet"]["SubnetId"]
    both = network.wanted(SubnetIds=[network.subnets[0], twin_id])
    assert refused(create, **both)[0] == "DuplicateSubnetsInSameZone"
    network.ec2.delete_subnet(SubnetId=twin_id)
    other = Network(server, "10.9.0.0/16")
    assert refused(create, **network.wanted(SubnetIds=other.subnets))[0] == "InvalidParameter"
    assert refused(create, **network.wanted(SecurityGroupIds=[other.group]))[0] == "InvalidGroup.NotFound"
    other.remove()


def test_only_services_that_have_endpoints_get_one(network: Network) -> None:
    create = network.ec2.create_vpc_endpoint
    assert refused(create, **network.wanted("sagemakr.api"))[0] == "InvalidServiceName"
    assert network.endpoint("sagemaker.runtime")
    gateway = {"VpcId": network.vpc, "ServiceName": "com.amazonaws.us-east-1.sqs", "VpcEndpointType": "Gateway"}
    assert refused(create, **gateway)[0] == "InvalidParameter"


_ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    "policy",
    [
        "{",
        json.dumps({"Statement": []}),
        json.dumps({"Statement": [{**_ALLOW, "Effect": "Perhaps"}]}),
        json.dumps({"Statement": [{key: value for key, value in _ALLOW.items() if key != "Principal"}]}),
        json.dumps({"Statement": [{**_ALLOW, "Sid": "x" * 20_480}]}),
    ],
)
def test_an_endpoint_policy_must_be_a_policy(network: Network, policy: str) -> None:
    code, _ = refused(network.ec2.create_vpc_endpoint, **network.wanted(PolicyDocument=policy))
    assert code == "InvalidPolicyDocument"
    endpoint = network.endpoint(PolicyDocument=json.dumps({"Statement": [_ALLOW]}))
    assert refused(network.ec2.modify_vpc_endpoint, VpcEndpointId=endpoint, PolicyDocument=policy)[0] == code


def test_a_gateway_endpoint_is_a_route_that_a_table_has_once(network: Network) -> None:
    table = network.ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    gateway = {
        "VpcId": network.vpc,
        "ServiceName": "com.amazonaws.us-east-1.s3",
        "VpcEndpointType": "Gateway",
        "RouteTableIds": [table],
    }
    endpoint = network.ec2.create_vpc_endpoint(**gateway)["VpcEndpoint"]["VpcEndpointId"]

    def routes() -> list[dict[str, Any]]:
        found = network.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return [route for route in found if route.get("GatewayId") == endpoint]

    [route] = routes()
    assert route["DestinationPrefixListId"].startswith("pl-")
    assert refused(network.ec2.create_vpc_endpoint, **gateway)[0] == "RouteAlreadyExists"
    network.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert routes() == []
    network.ec2.delete_route_table(RouteTableId=table)


def test_what_has_an_interface_in_it_is_not_deleted(network: Network) -> None:
    endpoint = network.endpoint()
    violations = [
        refused(network.ec2.delete_subnet, SubnetId=network.subnets[0]),
        refused(network.ec2.delete_security_group, GroupId=network.group),
        refused(network.ec2.delete_vpc, VpcId=network.vpc),
    ]
    assert violations == [
        (
            "DependencyViolation",
            f"The subnet '{network.subnets[0]}' has dependencies and cannot be deleted.",
        ),
        ("DependencyViolation", f"resource {network.group} has a dependent object"),
        ("DependencyViolation", f"The vpc '{network.vpc}' has dependencies and cannot be deleted."),
    ]
    network.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])


def test_a_group_that_another_names_is_not_deleted(network: Network) -> None:
    other = network.ec2.create_security_group(VpcId=network.vpc, GroupName="endpoints", Description="Endpoints.")
    pair = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": network.group}]}
    network.ec2.authorize_security_group_ingress(GroupId=other["GroupId"], IpPermissions=[pair])
    assert refused(network.ec2.delete_security_group, GroupId=network.group)[0] == "DependencyViolation"
    network.ec2.delete_security_group(GroupId=other["GroupId"])


def test_interfaces_and_endpoints_are_found_by_filters_and_unknown_filters_are_refused(network: Network) -> None:
    network.endpoint("sqs")
    network.endpoint("states")
    ec2 = network.ec2

    def services(name: str, value: str) -> list[str]:
        found = ec2.describe_vpc_endpoints(Filters=[{"Name": name, "Values": [value]}])["VpcEndpoints"]
        return sorted(each["ServiceName"].rsplit(".", 1)[-1] for each in found)

    assert services("vpc-id", network.vpc) == ["sqs", "states"]
    assert services("service-name", "com.amazonaws.us-east-1.states") == ["states"]
    assert services("vpc-id", "vpc-other") == []
    of_group = [{"Name": "group-id", "Values": [network.group]}, {"Name": "description", "Values": ["VPC Endpoint*"]}]
    assert len(ec2.describe_network_interfaces(Filters=of_group)["NetworkInterfaces"]) == 4
    code, _ = refused(ec2.describe_network_interfaces, Filters=[{"Name": "vpc", "Values": [network.vpc]}])
    assert code == "InvalidParameterValue"


def test_a_flow_log_is_there_once_and_names_where_it_goes(network: Network) -> None:
    wanted = {
        "ResourceIds": [network.vpc],
        "ResourceType": "VPC",
        "TrafficType": "REJECT",
        "LogGroupName": "flows",
        "DeliverLogsPermissionArn": "arn:aws:iam::000000000000:role/flows",
    }
    create = network.ec2.create_flow_logs
    no_role = {name: value for name, value in wanted.items() if name != "DeliverLogsPermissionArn"}
    assert refused(create, **no_role)[0] == "InvalidParameter"
    assert refused(create, **{**wanted, "ResourceIds": ["vpc-0"]})[0] == "InvalidVpcID.NotFound"
    made = create(**wanted)["FlowLogIds"]
    assert refused(create, **wanted)[0] == "FlowLogAlreadyExists"
    network.ec2.delete_flow_logs(FlowLogIds=made)
