"""The private VPC has no way out, and its groups let nothing through but HTTPS to the endpoints."""

from __future__ import annotations

import json
from typing import Any

from ops.preflight import organization
from tests.stacks.conftest import Synthesised

WAYS_OUT = (
    "InternetGateway",
    "NatGateway",
    "VPCGatewayAttachment",
    "EgressOnly",
    "TransitGateway",
    "VPNGateway",
    "EIP",
)


def test_there_is_no_way_out(private: Synthesised) -> None:
    kinds = {resource["Type"] for resource in private.everything().values()}
    assert [kind for kind in kinds if any(way in kind for way in WAYS_OUT)] == []
    # Routes to S3 and DynamoDB come with their endpoints; the table has no others.
    assert "AWS::EC2::Route" not in kinds
    for subnet in private.resources("network", "AWS::EC2::Subnet").values():
        assert subnet["Properties"]["MapPublicIpOnLaunch"] is False


def test_each_subnet_is_in_a_zone_of_its_own_and_on_the_one_route_table(private: Synthesised) -> None:
    subnets = private.resources("network", "AWS::EC2::Subnet")
    assert {subnet["Properties"]["CidrBlock"] for subnet in subnets.values()} == {"10.9.0.0/22", "10.9.4.0/22"}
    zones = [json.dumps(subnet["Properties"]["AvailabilityZone"]) for subnet in subnets.values()]
    assert len(set(zones)) == 2 and all("Fn::GetAZs" in zone for zone in zones)
    [table] = private.resources("network", "AWS::EC2::RouteTable")
    links = private.resources("network", "AWS::EC2::SubnetRouteTableAssociation").values()
    assert {link["Properties"]["SubnetId"]["Ref"] for link in links} == set(subnets)
    assert {link["Properties"]["RouteTableId"]["Ref"] for link in links} == {table}


def test_named_zones_are_those_that_are_used(other: Synthesised) -> None:
    subnets = other.resources("network", "AWS::EC2::Subnet").values()
    zones = [subnet["Properties"]["AvailabilityZone"] for subnet in subnets]
    assert zones == ["us-east-1b", "us-east-1d", "us-east-1f"]
    assert [subnet["Properties"]["CidrBlock"] for subnet in subnets] == ["10.0.0.0/18", "10.0.64.0/18", "10.0.128.0/18"]


def test_the_endpoints_names_resolve_inside(private: Synthesised) -> None:
    [vpc] = private.resources("network", "AWS::EC2::VPC").values()
    assert vpc["Properties"]["EnableDnsSupport"] is True
    assert vpc["Properties"]["EnableDnsHostnames"] is True


def rules(environment: Synthesised, name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(ingress, egress) of a security group, with the rules that are resources of their own."""
    groups = environment.resources("network", "AWS::EC2::SecurityGroup")
    [(logical_id, group)] = [(each, found) for each, found in groups.items() if each.startswith(f"Private{name}")]
    ingress = list(group["Properties"].get("SecurityGroupIngress", []))
    egress = list(group["Properties"].get("SecurityGroupEgress", []))
    for kind, into in (("Ingress", ingress), ("Egress", egress)):
        for rule in environment.resources("network", f"AWS::EC2::SecurityGroup{kind}").values():
            if rule["Properties"]["GroupId"]["Fn::GetAtt"][0] == logical_id:
                into.append(rule["Properties"])
    return ingress, egress


def https(rule: dict[str, Any]) -> bool:
    return (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)


def test_functions_reach_the_endpoints_and_nothing_reaches_them(private: Synthesised) -> None:
    ingress, egress = rules(private, "Functions")
    assert ingress == []
    assert len(egress) == 3 and all(https(rule) for rule in egress)
    targets = json.dumps(egress)
    assert "S3PrefixList" in targets and "DynamoDBPrefixList" in targets and "PrivateEndpoints" in targets
    assert not [rule for rule in egress if "CidrIp" in rule]


def test_containers_reach_s3_alone(private: Synthesised) -> None:
    ingress, egress = rules(private, "Containers")
    assert ingress == []
    [rule] = egress
    assert https(rule) and "S3PrefixList" in json.dumps(rule["DestinationPrefixListId"])


def test_endpoints_take_https_from_functions_alone(private: Synthesised) -> None:
    ingress, egress = rules(private, "Endpoints")
    [rule] = ingress
    assert https(rule) and rule["SourceSecurityGroupId"]["Fn::GetAtt"][0].startswith("PrivateFunctions")
    assert [(rule["IpProtocol"], rule["CidrIp"]) for rule in egress] == [("-1", "127.0.0.1/32")]


def test_instances_of_one_job_talk_among_each_other_only_where_there_are_several(other: Synthesised) -> None:
    ingress, egress = rules(other, "Containers")
    [among] = ingress
    assert among["SourceSecurityGroupId"] == among["GroupId"]
    assert [rule for rule in egress if rule.get("DestinationSecurityGroupId") == among["GroupId"]]


def test_the_default_group_is_emptied_outside_the_vpc(private: Synthesised) -> None:
    [resource] = private.resources("network", "Custom::PrivateNetwork").values()
    assert resource["Properties"]["DefaultGroup"]["Fn::GetAtt"][1] == "DefaultSecurityGroup"
    for function in private.resources("network", "AWS::Lambda::Function").values():
        assert "VpcConfig" not in function["Properties"]


def test_before_subnets_and_groups_a_cleanup_is_deleted_that_waits_for_their_interfaces(private: Synthesised) -> None:
    """What a resource depends on is deleted after it."""
    [cleanup] = private.resources("network", "Custom::Cleanup").values()
    [vpc] = private.resources("network", "AWS::EC2::VPC")
    assert cleanup["Properties"]["Vpc"] == {"Ref": vpc}
    for kind in ("VPC", "Subnet", "SecurityGroup"):
        assert set(private.resources("network", f"AWS::EC2::{kind}")) <= set(cleanup["DependsOn"])
    statements = [
        statement
        for name, policy in private.resources("network", "AWS::IAM::Policy").items()
        if name.startswith("Cleanup")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    of_ec2 = [statement for statement in statements if "ec2:" in json.dumps(statement["Action"])]
    assert [statement["Action"] for statement in of_ec2] == ["ec2:DescribeNetworkInterfaces"]


def test_the_flow_log_has_a_group_and_a_role_of_its_own(private: Synthesised) -> None:
    [log] = private.resources("data", "AWS::EC2::FlowLog").values()
    properties = log["Properties"]
    assert (properties["ResourceType"], properties["TrafficType"]) == ("VPC", "ALL")
    group = private.resources("data", "AWS::Logs::LogGroup")[properties["LogGroupName"]["Ref"]]
    assert group["Properties"]["RetentionInDays"] == 90
    role = properties["DeliverLogsPermissionArn"]["Fn::GetAtt"][0]
    policies = [
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in private.resources("data", "AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Properties"]["Roles"]
    ]
    assert "logs:CreateLogGroup" not in json.dumps(policies)


def test_the_flow_log_is_encrypted_where_the_rest_is(other: Synthesised) -> None:
    [log] = other.resources("data", "AWS::EC2::FlowLog").values()
    group = other.resources("data", "AWS::Logs::LogGroup")[log["Properties"]["LogGroupName"]["Ref"]]
    assert "KmsKeyId" in group["Properties"]


def test_tag_policies_for_the_parts_of_a_network_are_heeded(private: Synthesised) -> None:
    kinds = {each["Type"].split("::")[1].lower() for each in private.everything().values() if _has_tags(each)}
    assert "ec2" in kinds & set(organization.tagged(private.stacks.data.settings))


def _has_tags(resource: dict[str, Any]) -> bool:
    return bool(resource.get("Properties", {}).get("Tags"))
