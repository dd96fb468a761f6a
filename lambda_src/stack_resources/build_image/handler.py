"""Custom resource, without a framework: it starts a build and also receives CodeBuild's event when the build ends.

ResourceProperties: `Tag`, the digest of the image's sources; an image with that tag is never built again. The build
has the id of the pending request in an environment variable.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import aws, cfn_response, environment, pending_request
from lambda_src.stack_resources.build_image import builds, logic
from lambda_src.stack_resources.build_image.environment import BuildImageSettings

logger = Logger()


@cache
def _settings() -> BuildImageSettings:
    return environment.load(BuildImageSettings)


def _start(event: dict[str, Any]) -> bool:
    """True if the image exists already; otherwise the end of the build answers CloudFormation."""
    tag = event["ResourceProperties"]["Tag"]
    if builds.has_image(aws.client("ecr"), _settings().repository_name, tag=tag):
        logger.info("the image exists already", tag=tag)
        return True
    pending_request.keep(
        aws.client("ssm"),
        _settings().waiting_parameter,
        event,
        physical_id=cfn_response.physical_id(event, "lean-image"),
    )
    started = builds.start(
        aws.client("codebuild"),
        _settings().project_name,
        variables=logic.build_variables(event),
        token=event["RequestId"],
    )
    logger.info("build started", build=started, tag=tag)
    return False


def _stop() -> bool:
    """Stop builds: otherwise they would push to a repository, and log to a group, that are deleted next."""
    stopped = builds.stop_running(aws.client("codebuild"), _settings().project_name)
    pending_request.forget(aws.client("ssm"), _settings().waiting_parameter)
    logger.info("builds stopped", count=stopped)
    return True


def _settle(event: dict[str, Any]) -> None:
    """Answers the request that the build was started for, or if that is unknown, the pending one."""
    build = _build(event)
    variables = logic.variables_of(build) if "environment" in build else None
    ssm, parameter = aws.client("ssm"), _settings().waiting_parameter
    request_id = None if variables is None else variables.get(logic.REQUEST, "")
    respond = pending_request.find(ssm, parameter, request_id=request_id)
    if respond is None:
        logger.info("no request waits for this build", build=build["id"])
        return
    try:
        if variables is None:
            raise LookupError("neither CodeBuild nor its event says what was built")
        reason = _failure(build, tag=variables[logic.TAG])
    except Exception as error:
        # The pending request is answered now: nothing else will, and Lambda's two more tries may fail as well.
        logger.exception("the build's result is unknown")
        reason = f"{build['id']} {build['buildStatus']}, with an unknown result: {type(error).__name__}: {error}"
    logger.info("build settled", build=build["id"], status=build["buildStatus"], reason=reason)
    cfn_response.send(
        respond, status="FAILED" if reason else "SUCCESS", reason=reason, physical_id=respond["PhysicalResourceId"]
    )
    pending_request.forget(ssm, parameter)


def _build(event: dict[str, Any]) -> dict[str, Any]:
    """The build's record from CodeBuild, or from the event: nothing else will answer the pending request."""
    try:
        build = builds.describe(aws.client("codebuild"), logic.build_id(event))
    except Exception:
        logger.exception("CodeBuild did not return the build")
        return logic.record_of_event(event)
    return build if "environment" in build else logic.record_of_event(event)


def _failure(build: dict[str, Any], *, tag: str) -> str:
    """Why there is no image after this build; "" if there is one."""
    # Another build of the same sources may have pushed the tag, which is never overwritten, before this one could.
    if build["buildStatus"] == "SUCCEEDED" or builds.has_image(aws.client("ecr"), _settings().repository_name, tag=tag):
        return ""
    return logic.failure(build, log=builds.last_lines(aws.client("logs"), build))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    """A CloudFormation event, or CodeBuild's event that a build has ended."""
    if event.get("source") == "aws.codebuild":
        _settle(event)
        return
    delete = event["RequestType"] == "Delete"
    cfn_response.always(
        event,
        lambda: _stop() if delete else _start(event),
        physical_id=cfn_response.physical_id(event, "lean-image"),
        logger=logger,
        remaining_ms=context.get_remaining_time_in_millis,
        insists=True,
    )
