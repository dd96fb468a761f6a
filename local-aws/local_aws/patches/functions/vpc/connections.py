"""The network interfaces of functions: one for each combination of subnet and security groups, which functions share.

Sources: Lambda developer guide, "Understanding Hyperplane Elastic Network Interfaces (ENIs)": the first function
creates it, and others with the same combination use it; "AWS::Lambda::Function VpcConfig": Lambda deletes it later.
Which function's name a shared one has is not documented; here it is the first one's.
"""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws import private_api
from local_aws.patches.ec2 import interfaces
from local_aws.patches.functions.vpc import checks

_FUNCTIONS = private_api.declare(
    "ministack.services.lambda_svc", "_functions", "know which functions use a network interface"
)


def connect(name: str, config: Mapping[str, Any] | None) -> None:
    """Make the interfaces that a function needs, or use those that are there. Raises Ec2Error."""
    subnet_ids, group_ids = checks.members(config)
    for subnet_id in subnet_ids:
        owner = _owner(subnet_id, group_ids)
        if interfaces.of(owner):
            interfaces.keep(owner)
            continue
        interfaces.make(
            owner=owner,
            subnet_id=subnet_id,
            group_ids=group_ids,
            description=f"AWS Lambda VPC ENI-{name}-{uuid.uuid4()}",
            requester="lambda.amazonaws.com",
            kind="lambda",
        )


def disconnect(config: Mapping[str, Any] | None) -> list[str]:
    """Let go of the interfaces that no function uses any more; returns their owners. config: a former VpcConfig."""
    subnet_ids, group_ids = checks.members(config)
    used = set(_in_use())
    unused = [owner for owner in (_owner(each, group_ids) for each in subnet_ids) if owner not in used]
    for owner in unused:
        interfaces.let_go(owner)
    return unused


def all_gone(owners: list[str]) -> bool:
    """Whether none of these owners has an interface."""
    return not any(interfaces.of(owner) for owner in owners)


def _owner(subnet_id: str, group_ids: list[str]) -> str:
    return f"lambda:{subnet_id}:{','.join(sorted(group_ids))}"


def _in_use() -> Iterator[str]:
    for record in list(_FUNCTIONS.get().values()):
        for config in (record["config"], *(version["config"] for version in record.get("versions", {}).values())):
            subnet_ids, group_ids = checks.members(config.get("VpcConfig"))
            yield from (_owner(each, group_ids) for each in subnet_ids)
