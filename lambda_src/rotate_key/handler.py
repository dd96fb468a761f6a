"""The rotation function's entry point: one step of a rotation of the cursors' key."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import aws
from lambda_src.rotate_key import logic

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    """Secrets Manager's event: `SecretId` (the ARN), `ClientRequestToken` and `Step`."""
    secret, token, name = str(event["SecretId"]), str(event["ClientRequestToken"]), str(event["Step"])
    logic.step(name, client=aws.client("secretsmanager"), secret=secret, token=token)
    logger.info("a step of the rotation is done", step=name, version=token)
