"""An environment's stacks with all that says what their resources should be."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from ops.errors import OpsError, code_of
from ops.stack_drift.expected import DeployedStack


def read(client: Any, names: Iterable[str]) -> list[DeployedStack]:
    """The deployed ones of these stacks. client: CloudFormation's."""
    described = [found for found in (_described(client, name) for name in names) if found]
    exports = _exports(client) if described else {}
    return [_stack(client, each, exports) for each in described]


def _described(client: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if code_of(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS") else found


def _exports(client: Any) -> dict[str, str]:
    pages = client.get_paginator("list_exports").paginate()
    return {each["Name"]: each["Value"] for page in pages for each in page["Exports"]}


def _stack(client: Any, described: dict[str, Any], exports: dict[str, str]) -> DeployedStack:
    name = described["StackName"]
    body = client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    try:
        template = json.loads(body) if isinstance(body, str) else body
    except ValueError:
        raise OpsError(f"The deployed template of {name} is not JSON: it was not deployed by the CDK") from None
    pages = client.get_paginator("list_stack_resources").paginate(StackName=name)
    return DeployedStack(
        name=name,
        arn=described["StackId"],
        status=described["StackStatus"],
        template=template,
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
