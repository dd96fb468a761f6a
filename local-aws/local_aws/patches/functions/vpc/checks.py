"""What Lambda refuses of a function's VpcConfig. MiniStack takes any.

Sources: Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC" (required permissions of
the execution role, DescribeNetworkInterfaces on all resources); the service model (16 subnets, 5 groups). The messages
are published: aws/aws-sam-cli #617 (permissions), smoketurner/serverless-vpc-plugin #765 (groups of another VPC), and
by users (subnets and groups must coexist; EC2's errors); that of subnets of two VPCs is ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from local_aws import iam
from local_aws.common import shapes
from local_aws.patches.ec2 import stores
from local_aws.patches.ec2.stores import Ec2Error

_SERVICE = "lambda.amazonaws.com"
_ON_ALL = ("DescribeNetworkInterfaces", "DescribeSubnets")
_INTERFACES = ("CreateNetworkInterface", "DeleteNetworkInterface")


class VpcConfigRefusedError(Exception):
    """Lambda's InvalidParameterValueException; the text is its message."""


def check(config: Mapping[str, Any] | None, *, role: str) -> None:
    """Raise VpcConfigRefusedError. role: the ARN of the function's execution role."""
    subnet_ids, group_ids = members(config)
    _check_counts(SubnetIds=subnet_ids, SecurityGroupIds=group_ids)
    if bool(subnet_ids) != bool(group_ids):
        raise VpcConfigRefusedError("SubnetIds and SecurityIds must coexist or be both empty list.")
    if not subnet_ids:
        return
    try:
        vpcs = {stores.subnet(each)["VpcId"] for each in subnet_ids}
    except Ec2Error as error:
        raise _of_ec2("DescribeSubnets", error) from None
    if len(vpcs) > 1:
        raise VpcConfigRefusedError("Subnets are required to be in the same VPC.")
    try:
        groups = {stores.group(each)["VpcId"] for each in group_ids}
    except Ec2Error as error:
        raise _of_ec2("DescribeSecurityGroups", error) from None
    if groups != vpcs:
        raise VpcConfigRefusedError("Security Groups are required to be in the same VPC.")
    _check_role(role, subnet_ids, group_ids)


def members(config: Mapping[str, Any] | None) -> tuple[list[str], list[str]]:
    """Return the subnets and the security groups of a VpcConfig."""
    config = config or {}
    return list(config.get("SubnetIds") or []), list(config.get("SecurityGroupIds") or [])


def _check_counts(**lists: Sequence[str]) -> None:
    shape = shapes.service_model("lambda").shape_for("VpcConfig")
    for name, values in lists.items():
        most = shape.members[name].metadata["max"]
        if len(values) > most:
            member = f"vpcConfig.{name[0].lower()}{name[1:]}"
            raise VpcConfigRefusedError(
                f"1 validation error detected: Value '[{', '.join(values)}]' at '{member}' failed to satisfy "
                f"constraint: Member must have length less than or equal to {most}"
            )


def _check_role(arn: str, subnet_ids: Sequence[str], group_ids: Sequence[str]) -> None:
    try:
        role = iam.assume(arn, services=(_SERVICE,), source_arn=arn, session="AWSLambda")
    except iam.RoleNotAssumableError:
        raise VpcConfigRefusedError("The role defined for the function cannot be assumed by Lambda.") from None
    here = _arn_prefix(arn, stores.subnet(subnet_ids[0])["AvailabilityZone"][:-1])
    named = [
        *(f"{here}:subnet/{each}" for each in subnet_ids),
        *(f"{here}:security-group/{each}" for each in group_ids),
    ]
    needs = [
        *((action, None) for action in _ON_ALL),
        *((action, f"{here}:network-interface/*") for action in _INTERFACES),
        *(("CreateNetworkInterface", resource) for resource in named),
    ]
    for action, resource in needs:
        if not role.may(f"ec2:{action}", resource or "*"):
            raise VpcConfigRefusedError(
                f"The provided execution role does not have permissions to call {action} on EC2"
            )


def _arn_prefix(role: str, region: str) -> str:
    return f"arn:aws:ec2:{region}:{role.split(':')[4]}"


def _of_ec2(operation: str, error: Ec2Error) -> VpcConfigRefusedError:
    return VpcConfigRefusedError(
        f"Error occurred while {operation}. EC2 Error Code: {error.code}. EC2 Error Message: {error.message}"
    )
