"""Custom resource, without a framework: it starts a build, and CodeBuild's event of its end comes back to it.

ResourceProperties: `Tag`, the digest of the image's sources; an image of that tag is never built again. The build
carries the id of the request that waits for it in an environment variable.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import aws, cfn_response, environment, waiting
from lambda_src.stack_resources.build_image import builds, logic
from lambda_src.stack_resources.build_image.environment import Settings

logger = Logger()


@cache
def _settings() -> Settings:
    return environment.load(Settings)


def _start(event: dict[str, Any]) -> bool:
    """True where the image is there already; else the build's end answers CloudFormation."""
    tag = event["ResourceProperties"]["Tag"]
    if builds.has_image(aws.client("ecr"), _settings().repository_name, tag=tag):
        logger.info("the image is there already", tag=tag)
        return True
    waiting.keep(
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
    """A build that goes on would push to a repository, and log to a group, that are deleted next."""
    stopped = builds.stop_running(aws.client("codebuild"), _settings().project_name)
    waiting.forget(aws.client("ssm"), _settings().waiting_parameter)
    logger.info("builds stopped", count=stopped)
    return True


def _settle(event: dict[str, Any]) -> None:
    """Answers the request that the build was started for; where nobody tells which that was, the one that waits."""
    build = _build(event)
    variables = logic.variables_of(build) if "environment" in build else None
    ssm, parameter = aws.client("ssm"), _settings().waiting_parameter
    request_id = None if variables is None else variables.get(logic.REQUEST, "")
    respond = waiting.find(ssm, parameter, request_id=request_id)
    if respond is None:
        logger.info("nobody waits for this build", build=build["id"])
        return
    try:
        if variables is None:
            raise LookupError("neither CodeBuild nor its event tells what was built")
        reason = _failure(build, tag=variables[logic.TAG])
    except Exception as error:
        # Whoever waits is told: nothing else comes to answer, and Lambda's two more tries may fail as well.
        logger.exception("how the build ended is unknown")
        reason = f"{build['id']} {build['buildStatus']}, and what it made is unknown: {type(error).__name__}: {error}"
    logger.info("build settled", build=build["id"], status=build["buildStatus"], reason=reason)
    cfn_response.send(
        respond, status="FAILED" if reason else "SUCCESS", reason=reason, physical_id=respond["PhysicalResourceId"]
    )
    waiting.forget(ssm, parameter)


def _build(event: dict[str, Any]) -> dict[str, Any]:
    """The build's record, or what the event has of it: nothing else comes to answer whoever waits."""
    try:
        build = builds.describe(aws.client("codebuild"), logic.build_id(event))
    except Exception:
        logger.exception("CodeBuild does not tell of the build")
        return logic.told(event)
    return build if "environment" in build else logic.told(event)


def _failure(build: dict[str, Any], *, tag: str) -> str:
    """Why there is no image after this build; empty where there is one."""
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
