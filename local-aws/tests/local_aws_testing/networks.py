"""Networks for the tests, and what EC2 refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.server import Server


def refused(call: Callable[..., Any], **members: Any) -> tuple[str, str]:
    """Return the code and the message of the error that a call must end in."""
    with pytest.raises(ClientError) as error:
        call(**members)
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]


class Network:
    """A VPC with a subnet in each of two zones and a security group."""

    def __init__(self, server: Server, block: str = "10.7.0.0/16") -> None:
        self.ec2 = server.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]
        start = block.rsplit(".", 2)[0]
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"{start}.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
                "Subnet"
            ]["SubnetId"]
            for n, zone in enumerate("ab")
        ]
        self.group = self.ec2.create_security_group(VpcId=self.vpc, GroupName="functions", Description="Functions.")[
            "GroupId"
        ]

    def with_dns(self) -> None:
        self.ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})

    def interfaces(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ec2.describe_network_interfaces(
            Filters=[{"Name": "vpc-id", "Values": [self.vpc]}]
        )["NetworkInterfaces"]
        return found

    def endpoint(self, service: str = "sqs", **members: Any) -> str:
        made = self.ec2.create_vpc_endpoint(**self.wanted(service, **members))
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def wanted(self, service: str = "sqs", **members: Any) -> dict[str, Any]:
        """Members of CreateVpcEndpoint for an interface endpoint."""
        return {
            "VpcId": self.vpc,
            "ServiceName": f"com.amazonaws.us-east-1.{service}",
            "VpcEndpointType": "Interface",
            "SubnetIds": self.subnets,
            "SecurityGroupIds": [self.group],
            "PrivateDnsEnabled": False,
        } | members

    def remove(self) -> None:
        endpoints = [
            each["VpcEndpointId"]
            for each in self.ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])[
                "VpcEndpoints"
            ]
        ]
        if endpoints:
            self.ec2.delete_vpc_endpoints(VpcEndpointIds=endpoints)
        for subnet in self.subnets:
            self.ec2.delete_subnet(SubnetId=subnet)
        self.ec2.delete_security_group(GroupId=self.group)
        self.ec2.delete_vpc(VpcId=self.vpc)
