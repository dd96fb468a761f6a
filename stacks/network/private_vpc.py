"""A VPC without a way out: no internet gateway, no NAT, no route but those to S3 and DynamoDB.

L1 resources: the L2 looks availability zones up at synth where the account is known.
"""

from __future__ import annotations

import ipaddress
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from environments.settings import Settings
from stacks.deployment import Deployment
from stacks.network.facts import NetworkFacts
from stacks.shared.acknowledgements import accept

HTTPS: dict[str, Any] = {"ip_protocol": "tcp", "from_port": 443, "to_port": 443}
# Four parts, whether two or three are used: a third zone leaves the first two subnets as they are.
_BITS = 2


class PrivateVpc(Construct):
    """The VPC, a subnet in each zone, and groups: for functions, for SageMaker's containers, and for the endpoints."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        settings = deployment.settings
        self._prefix = settings.prefix
        vpc = ec2.CfnVPC(
            self,
            "Vpc",
            cidr_block=settings.network.address_range,
            # Private DNS of the endpoints needs both (VPC guide, "vpc-dns").
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=[cdk.CfnTag(key="Name", value=settings.prefix)],
        )
        accept(vpc, "VPC7", because="The flow log is in the Data stack, with the key that encrypts what it stores.")
        self.vpc_id = vpc.ref
        routes = ec2.CfnRouteTable(self, "Routes", vpc_id=vpc.ref)
        self.route_table_id = routes.ref
        self.subnet_ids = self._subnets(settings)
        facts = NetworkFacts(self, "Facts", deployment=deployment, default_group=vpc.attr_default_security_group)
        self._groups(settings, facts)

    def _subnets(self, settings: Settings) -> list[str]:
        network = settings.network
        blocks = ipaddress.IPv4Network(network.address_range).subnets(prefixlen_diff=_BITS)
        ids = []
        for index, block in zip(range(network.zone_count), blocks, strict=False):
            zone = network.zone_names[index] if network.zone_names else cdk.Fn.select(index, cdk.Fn.get_azs())
            subnet = ec2.CfnSubnet(
                self,
                f"Subnet{index + 1}",
                vpc_id=self.vpc_id,
                availability_zone=zone,
                cidr_block=str(block),
                map_public_ip_on_launch=False,
                tags=[cdk.CfnTag(key="Name", value=f"{settings.prefix}-{index + 1}")],
            )
            ec2.CfnSubnetRouteTableAssociation(
                self, f"Routes{index + 1}", subnet_id=subnet.ref, route_table_id=self.route_table_id
            )
            ids.append(subnet.ref)
        return ids

    def _groups(self, settings: Settings, facts: NetworkFacts) -> None:
        """HTTPS alone, to the endpoints alone. A gateway endpoint is reached at the service's public addresses, which
        its prefix list has (VPC PrivateLink guide, "gateway-endpoints", security).
        """
        to_s3 = self._to_list("S3", facts.s3_prefix_list)
        to_dynamodb = self._to_list("DynamoDB", facts.dynamodb_prefix_list)
        functions = self._group("Functions", "functions.", egress=[to_s3, to_dynamodb])
        containers = self._group("Containers", "containers of SageMaker.", egress=[to_s3])
        if settings.training.instance_count > 1:
            self._among_each_other(containers)
        # EC2 adds a rule that lets everything out to a group without one; nothing is at this address
        # (CloudFormation user guide, AWS::EC2::SecurityGroup, "Remove default rule").
        nothing = ec2.CfnSecurityGroup.EgressProperty(
            ip_protocol="-1", cidr_ip="127.0.0.1/32", description="Nothing goes out."
        )
        from_functions = ec2.CfnSecurityGroup.IngressProperty(
            **HTTPS, source_security_group_id=functions.attr_group_id, description="HTTPS from the functions."
        )
        endpoints = self._group("Endpoints", "interface endpoints.", egress=[nothing], ingress=[from_functions])
        ec2.CfnSecurityGroupEgress(
            self,
            "FunctionsToEndpoints",
            group_id=functions.attr_group_id,
            destination_security_group_id=endpoints.attr_group_id,
            description="HTTPS to the interface endpoints.",
            **HTTPS,
        )
        self.function_group, self.container_group = functions.attr_group_id, containers.attr_group_id
        self.endpoint_group = endpoints.attr_group_id

    @staticmethod
    def _to_list(service: str, prefix_list: str) -> ec2.CfnSecurityGroup.EgressProperty:
        return ec2.CfnSecurityGroup.EgressProperty(
            **HTTPS, destination_prefix_list_id=prefix_list, description=f"HTTPS to {service}."
        )

    def _group(
        self,
        name: str,
        description: str,
        *,
        egress: list[ec2.CfnSecurityGroup.EgressProperty],
        ingress: list[ec2.CfnSecurityGroup.IngressProperty] | None = None,
    ) -> ec2.CfnSecurityGroup:
        return ec2.CfnSecurityGroup(
            self,
            name,
            vpc_id=self.vpc_id,
            group_description=f"{self._prefix}: {description}",
            security_group_egress=egress,
            security_group_ingress=ingress,
        )

    def _among_each_other(self, group: ec2.CfnSecurityGroup) -> None:
        """Instances of one training job talk to each other on any port (SageMaker developer guide, "train-vpc")."""
        ports: dict[str, Any] = {"ip_protocol": "tcp", "from_port": 0, "to_port": 65535}
        said = "Instances of one training job, among each other."
        ec2.CfnSecurityGroupIngress(
            self,
            "AmongContainersIn",
            group_id=group.attr_group_id,
            source_security_group_id=group.attr_group_id,
            description=said,
            **ports,
        )
        ec2.CfnSecurityGroupEgress(
            self,
            "AmongContainersOut",
            group_id=group.attr_group_id,
            destination_security_group_id=group.attr_group_id,
            description=said,
            **ports,
        )
