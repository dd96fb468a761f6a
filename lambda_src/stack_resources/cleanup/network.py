"""Waits until services have removed their network interfaces from a VPC, which cannot be deleted before.

CloudFormation waits for Lambda's ("AWS::Lambda::Function VpcConfig" in its template reference), but not for those of
SageMaker's endpoints and jobs (aws-cloudformation/cloudformation-coverage-roadmap #1327): the deletion of their
security group would fail. Only SageMaker can remove them.
"""

from __future__ import annotations

from typing import Any

from lambda_src.stack_resources.cleanup.deadline import Deadline

_POLL_SECONDS = 5.0
# VPC endpoints' interfaces go with the endpoints, which the stack deletes itself.
_OF_ENDPOINTS = "vpc_endpoint"


def await_interfaces(ec2: Any, vpc_id: str, *, deadline: Deadline) -> int:
    """Returns how many interfaces there were, once the VPC has none but those of its endpoints."""
    seen: set[str] = set()
    while left := _interfaces(ec2, vpc_id):
        seen.update(left)
        deadline.pause(_POLL_SECONDS, f"waiting for network interfaces in {vpc_id} to be removed: {', '.join(left)}")
    return len(seen)


def _interfaces(ec2: Any, vpc_id: str) -> list[str]:
    pages = ec2.get_paginator("describe_network_interfaces").paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
    found = [each for page in pages for each in page["NetworkInterfaces"] if each["InterfaceType"] != _OF_ENDPOINTS]
    return sorted(each["NetworkInterfaceId"] for each in found)
