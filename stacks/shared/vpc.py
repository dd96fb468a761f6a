"""Functions and SageMaker's containers in a VPC: where they run, and the network interfaces that the services make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from stacks.deployment import Placement
from stacks.shared.permissions import allow

# Lambda developer guide, "configuration-vpc" (required IAM permissions). DescribeNetworkInterfaces and DescribeSubnets
# take no resource; the guide shows the rest on all resources of the region.
LAMBDA_DESCRIBES = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")
LAMBDA_CHANGES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
)
# SageMaker developer guide, "sagemaker-roles" (CreateTrainingJob, CreateModel: a private VPC).
_SAGEMAKER_DESCRIBES = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
_SAGEMAKER_CHANGES = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
)
# Lambda's own calls do not have it, those of the function's code do (Lambda developer guide,
# "permissions-source-function-arn"): the code may not touch network interfaces.
_NOT_THE_CODE = {"Null": {"lambda:SourceFunctionArn": "true"}}
_NO_RESOURCE = "EC2's Describe actions take no resource."
_UNKNOWN = "Network interfaces get their ids when the service makes them."


def run_function_in_vpc(
    function: lambda_.Function, role: iam.Role, *, placement: Placement, groups: Sequence[str] = ()
) -> None:
    """Give a function subnets and groups, and Lambda the permissions to make network interfaces there.

    groups: further ones, of this function alone. The role's policy outlives the function: Lambda deletes the interfaces
    by it ("foundation-networking"). A subnet or group that another account shares has that account in its ARN (VPC user
    guide, "vpc-sharing").
    """
    resource = function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        subnet_ids=list(placement.subnet_ids), security_group_ids=[*placement.function_groups, *groups]
    )
    allow(role, *LAMBDA_DESCRIBES, on="*", when=_NOT_THE_CODE, because=_NO_RESOURCE)
    everything = _ec2(role, "*", "*", account="*")
    allow(role, *LAMBDA_CHANGES, on=everything, when=_NOT_THE_CODE, because=_UNKNOWN)


def may_join_vpc(role: iam.Role, *, placement: Placement | None) -> None:
    """Let SageMaker attach a job's or a model's containers to the subnets; does nothing outside a VPC.

    Interfaces are made in these subnets and with these groups alone: EC2 checks both with CreateNetworkInterface
    (Service Authorization Reference, Amazon EC2). A shared subnet belongs to another account.
    """
    if placement is None:
        return
    interfaces = _ec2(role, "network-interface", "*")
    allow(role, *_SAGEMAKER_DESCRIBES, on="*", because=_NO_RESOURCE)
    allow(role, *_SAGEMAKER_CHANGES, on=interfaces, because=_UNKNOWN)
    subnets = [_ec2(role, "subnet", each, account="*") for each in placement.subnet_ids]
    groups = [_ec2(role, "security-group", each, account="*") for each in placement.container_groups]
    allow(
        role,
        "ec2:CreateNetworkInterface",
        on=[*subnets, *groups],
        because="These subnets and groups, also where another account shares them.",
    )


def job_vpc_config(placement: Placement | None) -> dict[str, Any] | None:
    """`VpcConfig` of CreateTrainingJob; None outside a VPC."""
    if placement is None:
        return None
    return {"Subnets": list(placement.subnet_ids), "SecurityGroupIds": list(placement.container_groups)}


def _ec2(role: iam.Role, resource: str, name: str, *, account: str | None = None) -> str:
    return cdk.Stack.of(role).format_arn(service="ec2", resource=resource, resource_name=name, account=account)
