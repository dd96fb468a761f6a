"""Drift reports in the artifact bucket, and looks that an operator asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from contracts.deployment import buckets, stack_outputs
from contracts.logs import drift_report
from ops.deployment.cloud import Cloud
from ops.errors import FAILED, NOT_FOUND, OpsError, code_of

# A look takes up to Lambda's 15 minutes, and nothing comes before its answer.
_PATIENT = Config(
    connect_timeout=5, read_timeout=930, tcp_keepalive=True, retries={"mode": "standard", "total_max_attempts": 1}
)
_OVERTAKEN = "another look is counting at the moment: try again when it has ended"


def report(cloud: Cloud, model_version: str) -> dict[str, Any]:
    """What the last look says of a model. Raises OpsError if there is nothing that can be read."""
    bucket, key = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME), buckets.drift_report(model_version)
    try:
        raw = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if code_of(error) not in ("NoSuchKey", "404"):
            raise
        why = "no look has counted answers of it yet; `rubric drift --now` counts those older than drift.settle_seconds"
        raise OpsError(f"{model_version} has no drift report: {why}", status=NOT_FOUND) from None
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("layout") != drift_report.LAYOUT:
        raise OpsError(f"s3://{bucket}/{key} is not a report of this version: `rubric drift --now` writes it anew")
    return document


def look(cloud: Cloud, *, show: Callable[[str], None]) -> dict[str, Any]:
    """Look now, until the log is counted to its end; the last look's answer. Raises OpsError if a look fails."""
    function = cloud.stacks.need(stack_outputs.DRIFT_FUNCTION_NAME)
    client = cloud.client("lambda", config=_PATIENT)
    while True:
        answer = client.invoke(FunctionName=function, Payload=b"{}")
        result = _document(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise OpsError(f"The look failed: {result.get('errorMessage', 'its log has the reason')}", status=FAILED)
        ended = result.get("ended")
        if ended == drift_report.OVERTAKEN:
            raise OpsError(_OVERTAKEN)
        if ended == drift_report.CLOCK:
            raise OpsError(f"The function's clock is behind what was counted: nothing newer than {result.get('until')}")
        show(f"{result.get('texts', 0):,} texts counted, up to {result.get('until')}")
        if ended != drift_report.TIME:
            return result


def _document(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {}
