"""Custom resource, without a framework, that empties a VPC's default security group and finds AWS's prefix lists.

ResourceProperties: `DefaultGroup`, the group's id. Attributes: `S3PrefixList`, `DynamoDBPrefixList`. Delete does
nothing: the group goes with its VPC.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import aws, cfn_response
from lambda_src.stack_resources.private_network import logic

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    """A CloudFormation event; answers SUCCESS with the attributes, or FAILED with the reason."""
    attributes: dict[str, str] = {}

    def work() -> bool:
        if event["RequestType"] != "Delete":
            ec2 = aws.client("ec2")
            attributes.update(logic.prefix_lists(ec2, region=ec2.meta.region_name))
            removed = logic.empty(ec2, event["ResourceProperties"]["DefaultGroup"])
            logger.info("the default group has no rules", removed=removed)
        return True

    cfn_response.always(
        event,
        work,
        physical_id=cfn_response.physical_id(event, "network"),
        logger=logger,
        remaining_ms=context.get_remaining_time_in_millis,
        data=attributes,
    )
