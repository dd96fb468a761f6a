"""Custom resource, without a framework: it starts the FirstModel state machine, which calls it again at the end.

If the machine ends without that call (stopped, out of time, the call failed), Step Functions' event of its end does.
ResourceProperties: `StateMachineArn`. (Not an environment variable: the state machine invokes this function.)
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import approved_model, aws, cfn_response, environment, pending_request
from lambda_src.stack_resources.first_model import logic
from lambda_src.stack_resources.first_model.environment import FirstModelSettings

logger = Logger()


@cache
def _settings() -> FirstModelSettings:
    return environment.load(FirstModelSettings)


def _start(event: dict[str, Any]) -> bool:
    """True if a model is approved already; otherwise the state machine answers CloudFormation at the end."""
    approved = approved_model.read(aws.client("ssm"), parameter=_settings().approved_model_parameter)
    if approved:
        logger.info("a model is approved already", artifact_uri=approved)
        return True
    pending_request.keep(
        aws.client("ssm"),
        _settings().waiting_parameter,
        event,
        physical_id=cfn_response.physical_id(event, "first-model"),
    )
    states = aws.client("stepfunctions")
    try:
        states.start_execution(
            stateMachineArn=event["ResourceProperties"]["StateMachineArn"],
            name=logic.execution_name(event),
            input=json.dumps(logic.execution_input(event)),
        )
    except states.exceptions.ExecutionAlreadyExists:
        logger.info("the execution exists already: the event was delivered twice")
    return False


def _settle(event: dict[str, Any]) -> None:
    """Answers the request that the state machine was started for."""
    ssm, parameter = aws.client("ssm"), _settings().waiting_parameter
    respond = pending_request.find(ssm, parameter, request_id=event["respond"]["RequestId"])
    if respond is None:
        logger.info("no request waits for this training", request=event["respond"]["RequestId"])
        return
    succeeded = event["status"] == "SUCCESS"
    reason = "" if succeeded else logic.readable(str(event.get("reason") or "the training pipeline failed"))
    logger.info("first model settled", status=event["status"], reason=reason)
    status = "SUCCESS" if succeeded else "FAILED"
    cfn_response.send(respond, status=status, reason=reason, physical_id=respond["PhysicalResourceId"])
    pending_request.forget(ssm, parameter)


def _delete() -> bool:
    pending_request.forget(aws.client("ssm"), _settings().waiting_parameter)
    return True


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    """A CloudFormation event, `{"respond", "status", "reason"}` from the state machine, or the event of its end."""
    if event.get("source") == "aws.states":
        event = logic.missing_answer(event)
    if "respond" in event:
        _settle(event)
        return
    # Update and Delete never train: later models come only from the pipeline.
    work = {"Create": lambda: _start(event), "Delete": _delete}.get(event["RequestType"], lambda: True)
    cfn_response.always(
        event,
        work,
        physical_id=cfn_response.physical_id(event, "first-model"),
        logger=logger,
        remaining_ms=context.get_remaining_time_in_millis,
        insists=True,
    )
