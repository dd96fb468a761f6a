"""Retraining: what would be decided now or would have been, and a decision that a person asks for."""

from __future__ import annotations

import json
import time
from typing import Any

from botocore.config import Config

from contracts.deployment import stack_outputs
from contracts.retraining import decision
from contracts.retraining.decision import Action
from ops.deployment import executions
from ops.deployment.cloud import Cloud
from ops.deployment.executions import Execution
from ops.errors import FAILED, OpsError

# The function takes up to Lambda's 15 minutes, and nothing comes before its answer.
_PATIENT = Config(
    connect_timeout=5, read_timeout=930, tcp_keepalive=True, retries={"mode": "standard", "total_max_attempts": 1}
)
_POLL_SECONDS, _LOCAL_POLL_SECONDS = 2.0, 0.3


def explained(cloud: Cloud) -> dict[str, Any]:
    """What would be decided now, without a person's asking: a `contracts.retraining.decision.Decision`."""
    return _invoke(cloud, Action.EXPLAIN)


def backtested(cloud: Cloud) -> dict[str, Any]:
    """`decisions` for each day of the log, and whether there was time for all (`complete`)."""
    return _invoke(cloud, Action.BACKTEST)


def ask(cloud: Cloud) -> dict[str, Any]:
    """Ask for a run, as the person whose credentials these are; the decision that was made."""
    machine = cloud.stacks.need(stack_outputs.RETRAINING_ARN)
    person = str(cloud.client("sts").get_caller_identity()["Arn"])
    sfn = cloud.client("stepfunctions")
    arn = executions.start(sfn, machine=machine, payload={"cause": decision.PERSON, "by": person})
    ended = _end(sfn, arn, pause=_LOCAL_POLL_SECONDS if cloud.is_local else _POLL_SECONDS)
    if ended.status != "SUCCEEDED":
        raise OpsError(f"Retraining failed: {ended.cause or ended.error or ended.status}", status=FAILED)
    return ended.output


def _end(sfn: Any, arn: str, *, pause: float) -> Execution:
    while True:
        found = executions.describe(sfn, arn)
        if not found.running:
            return found
        time.sleep(pause)


def _invoke(cloud: Cloud, action: str) -> dict[str, Any]:
    function = cloud.stacks.need(stack_outputs.RETRAIN_FUNCTION_NAME)
    client = cloud.client("lambda", config=_PATIENT)
    answer = client.invoke(FunctionName=function, Payload=json.dumps({"action": action}).encode())
    try:
        found = json.loads(answer["Payload"].read())
    except ValueError:
        found = None
    document = found if isinstance(found, dict) else {}
    if answer.get("FunctionError"):
        reason = document.get("errorMessage", "its log has the reason")
        raise OpsError(f"The function that decides failed: {reason}", status=FAILED)
    return document
