"""The stack that is there before all others: a VPC with its endpoints, or endpoints in somebody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from environments.aws.vpc_endpoints import Endpoint
from stacks.base import RubricStack
from stacks.deployment import Deployment, Placement
from stacks.network.called import Call
from stacks.network.endpoints import Endpoints
from stacks.network.private_vpc import HTTPS, PrivateVpc
from stacks.shared.cleanup import Cleanup


class NetworkStack(RubricStack):
    """`network.mode: private`. placement: where the other stacks' functions and containers run.

    Deleted last: CloudFormation waits with each function's deletion until Lambda has removed its network interfaces; a
    custom resource waits for those of SageMaker's endpoints and jobs.
    """

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        super().__init__(
            scope, "Network", deployment=deployment, description="Rubric: a VPC without a way out, and its endpoints."
        )
        self._vpc = vpc = PrivateVpc(self, "Private", deployment=deployment)
        self._await_interfaces(vpc)
        self.placement = Placement(
            vpc_id=self.share(vpc.vpc_id),
            subnet_ids=[self.share(each) for each in vpc.subnet_ids],
            function_groups=[self.share(vpc.function_group)],
            container_groups=[self.share(vpc.container_group)],
        )

    def _await_interfaces(self, vpc: PrivateVpc) -> None:
        """Before subnets and groups are deleted, wait until no service has an interface there (decision 93)."""
        cleanup = Cleanup(self, "Cleanup", deployment=self.deployment, properties={"Vpc": vpc.vpc_id})
        cleanup.may_wait_for_interfaces()
        cleanup.resource.node.add_dependency(vpc)

    def reach(self, calls: Mapping[Endpoint, Sequence[Call]]) -> None:
        """Make the endpoints that these calls need."""
        vpc = self._vpc
        Endpoints(
            self,
            "Endpoints",
            settings=self.settings,
            calls=calls,
            vpc_id=vpc.vpc_id,
            subnets=vpc.subnet_ids,
            route_tables=[vpc.route_table_id],
            groups=[vpc.endpoint_group],
        )


class EndpointsStack(RubricStack):
    """`network.endpoints: create`: endpoints in a VPC that is there. Another stack than the private VPC's, so that
    changing from one to the other takes away no export that is in use.
    """

    def __init__(self, scope: Construct, *, deployment: Deployment, placement: Placement) -> None:
        super().__init__(
            scope, "Endpoints", deployment=deployment, description="Rubric: endpoints in a VPC that was there before."
        )
        self.placement = placement

    def reach(self, calls: Mapping[Endpoint, Sequence[Call]]) -> None:
        """Make the endpoints that these calls need."""
        placement = self.placement
        group = ec2.CfnSecurityGroup(
            self,
            "Group",
            vpc_id=placement.vpc_id,
            group_description=f"{self.settings.prefix}: interface endpoints.",
            security_group_ingress=[
                ec2.CfnSecurityGroup.IngressProperty(
                    **HTTPS, source_security_group_id=each, description="HTTPS from the functions."
                )
                for each in placement.function_groups
            ],
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="-1", cidr_ip="127.0.0.1/32", description="Nothing goes out."
                )
            ],
        )
        Endpoints(
            self,
            "Endpoints",
            settings=self.settings,
            calls=calls,
            vpc_id=placement.vpc_id,
            subnets=placement.subnet_ids,
            route_tables=self.settings.network.route_table_ids or [],
            groups=[group.attr_group_id],
        )
