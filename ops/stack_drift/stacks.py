"""An environment's stacks with all that says what their resources should be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ops.deployment import stacks
from ops.stack_drift.expected import DeployedStack


def read(client: Any, names: Iterable[str]) -> list[DeployedStack]:
    """The deployed ones of these stacks. client: CloudFormation's."""
    described = [found for found in (_described(client, name) for name in names) if found]
    exports = _exports(client) if described else {}
    return [_stack(client, each, exports) for each in described]


def _described(client: Any, name: str) -> dict[str, Any] | None:
    found = stacks.described(client, name)
    return None if found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS" else found


def _exports(client: Any) -> dict[str, str]:
    pages = client.get_paginator("list_exports").paginate()
    return {each["Name"]: each["Value"] for page in pages for each in page["Exports"]}


def _stack(client: Any, described: dict[str, Any], exports: dict[str, str]) -> DeployedStack:
    name = described["StackName"]
    pages = client.get_paginator("list_stack_resources").paginate(StackName=name)
    return DeployedStack(
        name=name,
        arn=described["StackId"],
        status=described["StackStatus"],
        template=stacks.template(client, name),
        physical={
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages
            for each in page["StackResourceSummaries"]
            if "PhysicalResourceId" in each
        },
        parameters={
            each["ParameterKey"]: each.get("ResolvedValue", each.get("ParameterValue", ""))
            for each in described.get("Parameters", [])
        },
        exports=exports,
    )
