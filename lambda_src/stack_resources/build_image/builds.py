"""CodeBuild's builds of one project, their logs, and the images that they pushed."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common.aws import error_code

_GONE = ("InvalidInputException", "ResourceNotFoundException")
_LOG_LINES = 40
# CodeBuild logs its phases among the commands' output.
_CODEBUILDS_OWN = "[Container]"


def has_image(ecr: Any, repository: str, *, tag: str) -> bool:
    """Whether the repository has an image of that tag."""
    try:
        images = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"]
    except ClientError as error:
        if error_code(error) == "ImageNotFoundException":
            return False
        raise
    return bool(images)


def start(codebuild: Any, project: str, *, variables: dict[str, str], token: str) -> str:
    """Starts a build and returns its id; once for each `token`, as Lambda may be asked twice."""
    overrides = [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()]
    started = codebuild.start_build(projectName=project, environmentVariablesOverride=overrides, idempotencyToken=token)
    return str(started["build"]["id"])


def describe(codebuild: Any, build_id: str) -> dict[str, Any]:
    """The build's record. Raises LookupError if CodeBuild does not have it."""
    records: list[dict[str, Any]] = codebuild.batch_get_builds(ids=[build_id])["builds"]
    if not records:
        raise LookupError(f"CodeBuild has no build {build_id}")
    return records[0]


def stop_running(codebuild: Any, project: str) -> int:
    """Stops the project's builds that have not ended; returns how many."""
    try:
        ids = codebuild.list_builds_for_project(projectName=project, sortOrder="DESCENDING")["ids"]
    except ClientError as error:
        if error_code(error) in _GONE:
            return 0
        raise
    # The newest page is enough: a build ends within the project's timeout, so older pages have no running ones.
    builds = codebuild.batch_get_builds(ids=ids)["builds"] if ids else []
    running = [build["id"] for build in builds if build["buildStatus"] == "IN_PROGRESS"]
    for build_id in running:
        codebuild.stop_build(id=build_id)
    return len(running)


def last_lines(logs: Any, build: dict[str, Any]) -> list[str]:
    """The last lines that the build's commands logged, without empty ones; none if nothing was logged."""
    place = build.get("logs", {})
    group, stream = place.get("groupName"), place.get("streamName")
    if not group or not stream:
        return []
    try:
        events = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=_LOG_LINES)["events"]
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return []
        raise
    lines = [str(event["message"]).strip() for event in events]
    return [line for line in lines if line and not line.startswith(_CODEBUILDS_OWN)]
