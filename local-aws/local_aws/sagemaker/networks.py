"""The VpcConfig of jobs, models and endpoint configurations: what SageMaker refuses, and its network interfaces.

Sources: the service model (1 to 16 subnets, 1 to 5 groups, checked with every request); developer guide, "Give
SageMaker AI Training Jobs Access to Resources in Your Amazon VPC" and "Give SageMaker AI Hosted Endpoints Access ..."
(an interface for each instance), "How to use SageMaker AI execution roles" (the permissions with a private VPC).
CloudFormation does not wait for these interfaces, and deleting their security group fails
(aws-cloudformation/cloudformation-coverage-roadmap #1327). Assumed: that a role without the permissions and subnets of
two VPCs are refused when the job or model is created, all messages, and the interfaces' description.
"""

import os
from collections.abc import Mapping
from typing import Any

from local_aws import iam
from local_aws.common import scope
from local_aws.common.errors import validation
from local_aws.patches.ec2 import interfaces, stores
from local_aws.patches.ec2.stores import Ec2Error
from local_aws.sagemaker.access import creation

VpcConfig = Mapping[str, Any]
_ON_ALL = (
    "DescribeNetworkInterfaces",
    "DescribeVpcs",
    "DescribeDhcpOptions",
    "DescribeSubnets",
    "DescribeSecurityGroups",
)
_ON_INTERFACES = (
    *("CreateNetworkInterface", "CreateNetworkInterfacePermission"),
    *("DeleteNetworkInterface", "DeleteNetworkInterfacePermission"),
)


def check(config: VpcConfig | None, *, role: iam.Role | None) -> None:
    """Raise ApiError for a VpcConfig that SageMaker would refuse."""
    if not config:
        return
    try:
        vpcs = {stores.subnet(each)["VpcId"] for each in config["Subnets"]}
        groups = {stores.group(each)["VpcId"] for each in config["SecurityGroupIds"]}
    except Ec2Error as error:
        raise validation(error.message) from None
    if len(vpcs) > 1:
        raise validation(f"The subnets {', '.join(config['Subnets'])} are not in the same VPC")
    if groups != vpcs:
        raise validation(
            f"The security groups {', '.join(config['SecurityGroupIds'])} are not in the VPC of the subnets"
        )
    if role is not None:
        _check_role(config, role)


def connect(owner: str, config: VpcConfig | None, *, instances: int) -> None:
    """Make an interface for each instance, unless the owner has one with these groups already. Raises ApiError.

    owner: the ARN of the job or the endpoint.
    """
    if not config:
        return
    group_ids = set(config["SecurityGroupIds"])
    interfaces.keep(owner)
    there = [each for each in interfaces.of(owner) if {group["GroupId"] for group in each["Groups"]} == group_ids]
    try:
        for number in range(len(there), instances):
            interfaces.make(
                owner=owner,
                subnet_id=config["Subnets"][number % len(config["Subnets"])],
                group_ids=config["SecurityGroupIds"],
                description=f"SageMaker {owner.split(':', 5)[-1]}",
                requester="amazon-sagemaker",
            )
    except Ec2Error as error:
        raise validation(error.message) from None


def ways_out(config: VpcConfig | None) -> list[int] | None:
    """Return the ports that a container in this VPC may connect to; None if it is in no VPC.

    That is the local AWS's own port if the VPC has an endpoint, and otherwise none: a VPC has a way to AWS only by an
    endpoint or through a gateway, which the local AWS does not have.
    """
    if not config:
        return None
    vpc_id = stores.subnet(config["Subnets"][0])["VpcId"]
    if not any(each["VpcId"] == vpc_id for each in stores.ENDPOINTS.get().values()):
        return []
    return [int(os.environ["GATEWAY_PORT"])]


def instances(request: Mapping[str, Any]) -> int:
    """Return how many instances a training job has."""
    resources = request["ResourceConfig"]
    groups = resources.get("InstanceGroups") or [resources]
    return sum(int(group.get("InstanceCount", 1)) for group in groups)


def disconnect(owner: str, config: VpcConfig | None) -> None:
    """Let go of the interfaces of a job, or of an endpoint, that had this VpcConfig; they disappear a little later."""
    if config:
        interfaces.let_go(owner)


def _check_role(config: VpcConfig, role: iam.Role) -> None:
    account, region = scope.current()
    here = f"arn:aws:ec2:{region}:{account}"
    named = [
        *(f"{here}:subnet/{each}" for each in config["Subnets"]),
        *(f"{here}:security-group/{each}" for each in config["SecurityGroupIds"]),
    ]
    for action in _ON_ALL:
        creation.require(role, f"ec2:{action}", "*")
    for action in _ON_INTERFACES:
        creation.require(role, f"ec2:{action}", f"{here}:network-interface/*")
    for resource in named:
        creation.require(role, "ec2:CreateNetworkInterface", resource)
