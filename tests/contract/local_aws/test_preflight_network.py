"""Tests preflight of an existing network on the local AWS's EC2: what it finds in VPCs that are really there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from environments.reached import endpoints
from environments.sections.network import Network
from environments.settings import Settings, load
from local_aws_testing.server import Server
from ops.preflight import network
from tests.clone import ROOT


@dataclass
class Vpc:
    """A VPC with three subnets, two of them in one zone, and a group."""

    client: Any
    id: str
    subnets: list[str]
    group: str

    def settings(self, **change: Any) -> Settings:
        """dev's, in this VPC."""
        named = {"vpc_id": self.id, "subnet_ids": self.subnets[:2], "security_group_ids": [self.group]}
        inside = Network(**{"mode": "existing", "endpoints": "exist", **named, **change})
        return load("dev", root=ROOT).model_copy(update={"network": inside})

    def look(self, **change: Any) -> list[tuple[str, str]]:
        """(verdict, what) of each finding."""
        found = network.existing(self.client, settings=self.settings(**change))
        return [(each.verdict, each.what) for each in found]


@pytest.fixture
def vpc(server: Server) -> Iterator[Vpc]:
    client = server.client("ec2")
    made = client.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        client.create_subnet(VpcId=made, CidrBlock=f"10.20.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
        for index, zone in enumerate("aba")
    ]
    ids = [each["SubnetId"] for each in subnets]
    group = client.create_security_group(GroupName="inside", Description="inside", VpcId=made)["GroupId"]
    yield Vpc(client, made, ids, group)
    for each in client.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [made]}])["VpcEndpoints"]:
        client.delete_vpc_endpoints(VpcEndpointIds=[each["VpcEndpointId"]])
    client.delete_security_group(GroupId=group)
    for each in ids:
        client.delete_subnet(SubnetId=each)
    client.delete_vpc(VpcId=made)


def make_endpoints(vpc: Vpc, *, without: str = "") -> None:
    tables = vpc.client.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc.id]}])["RouteTables"]
    for each in endpoints(vpc.settings()):
        if each.name == without:
            continue
        kind: dict[str, Any] = (
            {"VpcEndpointType": "Gateway", "RouteTableIds": [tables[0]["RouteTableId"]]}
            if each.gateway
            else {"VpcEndpointType": "Interface", "SubnetIds": vpc.subnets[:2], "PrivateDnsEnabled": True}
        )
        vpc.client.create_vpc_endpoint(VpcId=vpc.id, ServiceName=f"com.amazonaws.us-east-1.{each.name}", **kind)


def test_a_vpc_without_a_way_out_needs_every_endpoint(vpc: Vpc) -> None:
    [(verdict, what)] = vpc.look()
    assert verdict == "refused" and "com.amazonaws.us-east-1.sqs" in what and "no way out" in what
    vpc.client.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": True})
    make_endpoints(vpc, without="sqs")
    [(verdict, what)] = vpc.look()
    assert verdict == "refused" and f"{vpc.id} has no endpoint for com.amazonaws.us-east-1.sqs," in what


def test_a_vpc_with_them_is_ready_and_lets_no_second_ones_be_made(vpc: Vpc) -> None:
    vpc.client.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": True})
    make_endpoints(vpc)
    assert [verdict for verdict, _ in vpc.look()] == ["ok"]
    again = vpc.look(endpoints="create", route_table_ids=["rtb-0123456789abcdef0"])
    assert {verdict for verdict, _ in again} == {"refused"} and "for com.amazonaws.us-east-1.sqs already" in str(again)


def test_subnets_of_one_zone_and_ids_that_do_not_exist_are_refused(vpc: Vpc) -> None:
    [(verdict, what)] = vpc.look(subnet_ids=[vpc.subnets[0], vpc.subnets[2]])
    assert verdict == "refused" and "all are in us-east-1a" in what
    missing = vpc.look(security_group_ids=["sg-0fedcba9876543210"])
    assert ("refused" in dict(missing)) and "sg-0fedcba9876543210" in str(missing)


def test_subnets_of_another_vpc_are_refused(vpc: Vpc) -> None:
    [(verdict, what), *_] = vpc.look(vpc_id="vpc-0fedcba9876543210")
    assert verdict == "refused" and vpc.id in what
