"""The VPC endpoints that the calls from inside need, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from environments.aws.vpc_endpoints import Endpoint
from environments.settings import Settings
from stacks.network.called import Call
from stacks.network.policies import endpoint_policy

S3 = Endpoint(name="s3", gateway=True)


class Endpoints(Construct):
    """Gateway endpoints in `route_tables`; interface ones in `subnets` with `groups`, under the services' own names."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        calls: Mapping[Endpoint, Sequence[Call]],
        vpc_id: str,
        subnets: Sequence[str],
        route_tables: Sequence[str],
        groups: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        # Custom resources answer by S3, whatever else goes there.
        for endpoint in sorted({S3, *calls}):
            policy = endpoint_policy(stack, calls.get(endpoint, ()), settings=settings, answers=endpoint == S3)
            name = "".join(word.capitalize() for word in endpoint.name.replace("-", ".").split("."))
            if endpoint.gateway:
                ec2.CfnVPCEndpoint(
                    self,
                    name,
                    vpc_id=vpc_id,
                    service_name=ec2.GatewayVpcEndpointAwsService(endpoint.name).name,
                    vpc_endpoint_type="Gateway",
                    route_table_ids=list(route_tables),
                    policy_document=policy,
                )
                continue
            ec2.CfnVPCEndpoint(
                self,
                name,
                vpc_id=vpc_id,
                service_name=ec2.InterfaceVpcEndpointAwsService(endpoint.name).name,
                vpc_endpoint_type="Interface",
                # The SDKs' usual host names then lead to the endpoint.
                private_dns_enabled=True,
                subnet_ids=list(subnets),
                security_group_ids=list(groups),
                policy_document=policy,
            )
