"""Make CodeBuild builds take time and have results; MiniStack's succeed immediately, without event or image.

Here a build runs for a second. If its sources are in S3, the image that its commands would push is then in ECR, as a
name only: the local SageMaker runs the server as a process. The end of the build is announced on EventBridge's default
bus with the documented detail (CodeBuild User Guide, "Build notifications input format reference").
"""

import copy
import json
import time
from typing import Any

from local_aws import private_api
from local_aws.common import scope

_START = private_api.declare(
    "ministack.services.codebuild", "_start_build", "let a build take its time", takes=("data",)
)
_BUILDS = private_api.declare("ministack.services.codebuild", "_builds", "say how a build goes on")
_BUCKETS = private_api.declare("ministack.services.s3", "_buckets", "look for a build's sources")
_PUSH = private_api.declare("ministack.services.ecr", "_put_image", "leave what a build pushes", takes=("data",))
_PUT = private_api.declare(
    "ministack.services.eventbridge", "_put_events", "tell EventBridge of a change", takes=("data", "allow_aws_source")
)

BUILD_SECONDS = 1.0
_MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
Answer = tuple[int, dict[str, str], bytes]
Build = dict[str, Any]


def install() -> None:
    """Wrap the call that starts a build."""
    start = _START.get()

    def starting(data: dict[str, Any]) -> Answer:
        answer: Answer = start(data)
        if answer[0] != 200:
            return answer
        build = _begun(json.loads(answer[2])["build"]["id"], overrides=data.get("environmentVariablesOverride", []))
        scope.in_background(f"build {build['id']}", _run, build["id"])
        return answer[0], answer[1], json.dumps({"build": build}).encode()

    _START.set(starting)


def _begun(build_id: str, *, overrides: list[dict[str, str]]) -> Build:
    """Reset the build's record to that of a running build; returns a copy."""
    build: Build = _BUILDS.get()[build_id]
    environment = copy.deepcopy(build["environment"])
    variables = {entry["name"]: entry for entry in [*environment.get("environmentVariables", []), *overrides]}
    environment["environmentVariables"] = list(variables.values())
    build.update(environment=environment, buildStatus="IN_PROGRESS", currentPhase="BUILD", phases=[])
    build.pop("endTime", None)
    return copy.deepcopy(build)


def _run(build_id: str) -> None:
    time.sleep(BUILD_SECONDS)
    build: Build | None = _BUILDS.get().get(build_id)
    if build is None or build["buildStatus"] != "IN_PROGRESS":
        return
    problem = _sources_missing(build) or _push(build)
    phase = {"phaseType": "BUILD", "phaseStatus": "FAILED" if problem else "SUCCEEDED"}
    if problem:
        phase["contexts"] = [{"statusCode": "CLIENT_ERROR", "message": problem}]  # type: ignore[assignment]
    build.update(buildStatus=phase["phaseStatus"], currentPhase="COMPLETED", endTime=int(time.time()), phases=[phase])
    _tell(build)


def _sources_missing(build: Build) -> str | None:
    """Return CodeBuild's message if the sources of an S3 project are missing."""
    source = build.get("source", {})
    if source.get("type") != "S3":
        return None
    bucket, _, key = str(source.get("location", "")).partition("/")
    stored = _BUCKETS.get().get(bucket)
    if stored is not None and key in stored.get("objects", {}):
        return None
    return f"NoSuchKey: The specified key does not exist. for primary source and source version {bucket}/{key}"


def _push(build: Build) -> str | None:
    """Push the image that REPOSITORY_URI and IMAGE_TAG name, as the build's commands do; without both, do nothing."""
    variables = {entry["name"]: entry["value"] for entry in build["environment"]["environmentVariables"]}
    uri, tag = variables.get("REPOSITORY_URI"), variables.get("IMAGE_TAG")
    if not uri or not tag:
        return None
    manifest = json.dumps({"schemaVersion": 2, "mediaType": _MEDIA_TYPE, "config": {"digest": tag}})
    answer: Answer = _PUSH.get()(
        {
            "repositoryName": uri.partition("/")[2],
            "imageTag": tag,
            "imageManifest": manifest,
            "imageManifestMediaType": _MEDIA_TYPE,
        }
    )
    return None if answer[0] == 200 else str(json.loads(answer[2]).get("message", "the push failed"))


def _tell(build: Build) -> None:
    detail = {
        "build-status": build["buildStatus"],
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "current-phase": build["currentPhase"],
        "version": "1",
    }
    entry = {
        "Source": "aws.codebuild",
        "DetailType": "CodeBuild Build State Change",
        "Detail": json.dumps(detail),
        "Resources": [build["arn"]],
    }
    _PUT.get()({"Entries": [entry]}, allow_aws_source=True)
