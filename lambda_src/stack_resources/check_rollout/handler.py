"""Custom resource, without a framework, that checks that an endpoint serves its stack's configuration.

ResourceProperties: `EndpointName`, `EndpointConfigName`, or `InferenceComponentName`, `ModelName`. Create and Update
fail if something else serves.
CloudFormation then rolls back, before it would delete the configuration that still serves.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import aws, cfn_response
from lambda_src.stack_resources.check_rollout import logic

logger = Logger()


def _rolls_back(stack_id: str) -> bool:
    """Whether the stack is rolling back: CloudFormation chooses the order, and a failure would stop it."""
    [stack] = aws.client("cloudformation").describe_stacks(StackName=stack_id)["Stacks"]
    return "ROLLBACK" in stack["StackStatus"]


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    """A CloudFormation event; answers SUCCESS, or FAILED with the reason."""
    remaining = context.get_remaining_time_in_millis

    def work() -> bool:
        kind = event["RequestType"]
        if kind == "Create" or (kind == "Update" and not _rolls_back(event["StackId"])):
            logic.check(event["ResourceProperties"], remaining_ms=remaining)
        return True

    name = cfn_response.physical_id(event, "rollout")
    cfn_response.always(event, work, physical_id=name, logger=logger, remaining_ms=remaining)
