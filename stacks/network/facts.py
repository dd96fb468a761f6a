"""What CloudFormation cannot do in a VPC: empty its default security group, and name AWS's prefix lists."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from stacks.deployment import Deployment
from stacks.shared.permissions import allow
from stacks.shared.python_function import PythonFunction, answered_within

_TIMEOUT = cdk.Duration.minutes(2)


class NetworkFacts(Construct):
    """Takes every rule from the VPC's default group, and has the ids of the prefix lists of S3 and DynamoDB.

    The function runs outside the VPC, which is not there yet.
    """

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, default_group: str) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        handler = PythonFunction(
            self,
            "Handler",
            deployment=deployment,
            folder="stack_resources/private_network",
            description="Empties the VPC's default security group, and finds AWS's prefix lists.",
            environment={},
            timeout=_TIMEOUT,
        )
        allow(
            handler.role,
            "ec2:DescribeManagedPrefixLists",
            "ec2:DescribeSecurityGroups",
            on="*",
            because="EC2's Describe actions take no resource.",
        )
        allow(
            handler.role,
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            on=stack.format_arn(service="ec2", resource="security-group", resource_name=default_group),
        )
        resource = cdk.CustomResource(
            self,
            "Resource",
            service_token=handler.arn,
            service_timeout=answered_within(_TIMEOUT),
            resource_type="Custom::PrivateNetwork",
            properties={"DefaultGroup": default_group},
        )
        self.s3_prefix_list = resource.get_att_string("S3PrefixList")
        self.dynamodb_prefix_list = resource.get_att_string("DynamoDBPrefixList")
