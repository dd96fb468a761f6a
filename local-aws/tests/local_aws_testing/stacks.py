"""Stacks for the tests."""

import json
from typing import Any

from local_aws_testing.server import Server, wait_for


def create(server: Server, name: str, resources: dict[str, Any], **parameters: Any) -> None:
    capabilities = parameters.pop("Capabilities", [])
    body = body_of(resources, **parameters)
    server.client("cloudformation").create_stack(StackName=name, TemplateBody=body, Capabilities=capabilities)


def body_of(resources: dict[str, Any], **parameters: Any) -> str:
    return json.dumps({"Parameters": parameters, "Resources": resources})


def ended(server: Server, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        stack: dict[str, Any] = server.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

    result: dict[str, Any] = wait_for(look, what=f"the stack {name}", seconds=30)
    return result
