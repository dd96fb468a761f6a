"""Tests build_image/."""

from __future__ import annotations

import io
import json
import time

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from lambda_src.common import aws
from lambda_src.stack_resources.build_image import builds, logic
from lambda_src.stack_resources.build_image import handler as build_image

PROJECT, REPOSITORY, LOG_GROUP = "rubric-dev-lean", "rubric-dev-lean", "lean-image-logs"
TAG = "3f2a9c0d1e4b5a6f7c8d9e0f1a2b3c4d"
WAITING = "/rubric/dev/waiting/lean-image"
PHYSICAL_ID = "lean-image-1f6b2a40-c0de-11ef-9f3a-0e5b1a2c3d4e-LeanImageResource"


class Raw(io.BytesIO):
    """A body as botocore reads one."""

    def stream(self, *_, **__):
        return iter([self.getvalue()])


class CodeBuild:
    """Builds on botocore's own client, which checks calls and parses answers. (moto's builds have no variables.)"""

    def __init__(self, client):
        self.builds, self.tokens, self.refusal = {}, {}, None
        client.meta.events.register_first("before-send.codebuild", self._send)

    def _send(self, request, **_):
        operation, body = request.headers["X-Amz-Target"].decode().split(".")[1], json.loads(request.body)
        status, answer = (400, self.refusal) if self.refusal else (200, getattr(self, operation)(**body))
        raw = Raw(json.dumps(answer).encode())
        return AWSResponse(request.url, status, {}, raw)

    def StartBuild(self, *, projectName, environmentVariablesOverride, idempotencyToken):
        build_id = self.tokens.setdefault(idempotencyToken, f"{projectName}:build-{len(self.tokens) + 1}")
        environment = {"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"}
        build = {
            "id": build_id,
            "buildStatus": "IN_PROGRESS",
            "environment": {**environment, "environmentVariables": environmentVariablesOverride},
            "logs": {"groupName": LOG_GROUP, "streamName": build_id.partition(":")[2]},
        }
        return {"build": self.builds.setdefault(build_id, build)}

    def BatchGetBuilds(self, *, ids):
        return {"builds": [self.builds[build_id] for build_id in ids if build_id in self.builds]}

    def ListBuildsForProject(self, *, projectName, sortOrder):
        return {"ids": [build_id for build_id in self.builds if build_id.startswith(f"{projectName}:")]}

    def StopBuild(self, *, id):
        self.builds[id]["buildStatus"] = "STOPPED"
        return {"build": self.builds[id]}


@pytest.fixture
def codebuild(account, configure):
    configure(build_image, PROJECT_NAME=PROJECT, REPOSITORY_NAME=REPOSITORY, WAITING_PARAMETER=WAITING)
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY)
    return CodeBuild(aws.client("codebuild"))


@pytest.fixture
def create(load_event, cfn_answers):
    event = load_event("cfn_build_image_create")
    event["ResponseURL"] = cfn_answers[0]
    return event


@pytest.fixture
def answers(cfn_answers):
    return cfn_answers[1]


@pytest.fixture
def ended(load_event):
    return load_event("codebuild_state_change")


def push(tag):
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
    boto3.client("ecr").put_image(repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag=tag)


def waits():
    found = boto3.client("ssm").get_parameters(Names=[WAITING], WithDecryption=True)["Parameters"]
    return found[0]["Value"] if found else None


def only(found):
    (one,) = found
    return one


# Create and Update


def test_create_starts_a_build_that_knows_the_tag_and_whom_to_answer(codebuild, create, answers, context):
    build_image.handler(create, context)
    assert answers == []
    # Anyone who may view builds sees a build's variables, so the answer URL is not among them.
    variables = logic.variables_of(only(codebuild.builds.values()))
    assert variables == {"IMAGE_TAG": TAG, "REQUEST_ID": create["RequestId"]}
    assert json.loads(waits()) == {
        "ResponseURL": create["ResponseURL"],
        "StackId": create["StackId"],
        "RequestId": create["RequestId"],
        "LogicalResourceId": "LeanImageResource",
        "PhysicalResourceId": PHYSICAL_ID,
    }


def test_an_event_delivered_twice_starts_one_build(codebuild, create, answers, context):
    build_image.handler(create, context)
    build_image.handler(create, context)
    assert (len(codebuild.builds), answers) == (1, [])


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_an_image_that_is_there_is_not_built_again(codebuild, create, answers, context, kind):
    push(TAG)
    build_image.handler({**create, "RequestType": kind, "PhysicalResourceId": "kept"}, context)
    assert codebuild.builds == {}
    answer = only(answers)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "kept")


def test_an_answer_without_images_is_no_image():
    class Empty:
        def describe_images(self, **call):
            return {"imageDetails": []}

    assert builds.has_image(Empty(), REPOSITORY, tag=TAG) is False


def test_an_update_to_other_sources_builds_them(codebuild, create, context):
    push(TAG)
    properties = {**create["ResourceProperties"], "Tag": "another"}
    build_image.handler({**create, "RequestType": "Update", "ResourceProperties": properties}, context)
    assert logic.variables_of(only(codebuild.builds.values()))["IMAGE_TAG"] == "another"


def test_a_build_that_cannot_start_is_told_at_once(codebuild, create, answers, context):
    message = "Cannot have more than 0 builds in queue for the account"
    codebuild.refusal = {"__type": "AccountLimitExceededException", "message": message}
    build_image.handler(create, context)
    answer = only(answers)
    assert answer["Status"] == "FAILED"
    assert message in answer["Reason"]


# the end of a build


def end(codebuild, status, phases=()):
    only(codebuild.builds.values()).update(buildStatus=status, phases=list(phases))


def test_a_build_that_succeeded_answers_the_request_that_waits(codebuild, create, ended, answers, context):
    build_image.handler(create, context)
    end(codebuild, "SUCCEEDED")
    build_image.handler(ended, context)
    answer = only(answers)
    assert {key: answer[key] for key in ("Status", "RequestId", "StackId", "LogicalResourceId")} == {
        "Status": "SUCCESS",
        "RequestId": create["RequestId"],
        "StackId": create["StackId"],
        "LogicalResourceId": "LeanImageResource",
    }
    assert answer["PhysicalResourceId"] == PHYSICAL_ID and waits() is None
    build_image.handler(ended, context)  # the event may come twice
    assert len(answers) == 1


def test_a_build_whose_request_another_has_replaced_answers_nobody(codebuild, create, ended, answers, context):
    build_image.handler(create, context)
    later = {**create["ResourceProperties"], "Tag": "another"}
    build_image.handler({**create, "RequestId": "a-later-one", "ResourceProperties": later}, context)
    codebuild.builds["rubric-dev-lean:build-1"]["buildStatus"] = "SUCCEEDED"
    build_image.handler(ended, context)
    assert answers == [] and json.loads(waits())["RequestId"] == "a-later-one"


def test_a_build_that_failed_says_why_with_the_end_of_its_log(codebuild, create, ended, answers, context):
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=LOG_GROUP)
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName="build-1")
    lines = [*("x" * 100 for _ in range(60)), "ERROR: failed to solve: no such host", "", "[Container] Phase complete"]
    now = int(time.time() * 1000)
    events = [{"timestamp": now + position, "message": f"{line}\n"} for position, line in enumerate(lines)]
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName="build-1", logEvents=events)
    build_image.handler(create, context)
    message = "COMMAND_EXECUTION_ERROR: Error while executing command: docker build. Reason: exit status 1"
    phases = [
        {"phaseType": "PROVISIONING", "phaseStatus": "SUCCEEDED", "contexts": [{"statusCode": "", "message": ""}]},
        {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"statusCode": "X", "message": message}]},
        {"phaseType": "COMPLETED"},
    ]
    end(codebuild, "FAILED", phases)
    build_image.handler(ended, context)
    answer = only(answers)
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(
        f"the image was not built: rubric-dev-lean:build-1 FAILED; BUILD: {message}; the log ends with: "
    )
    assert answer["Reason"].endswith("ERROR: failed to solve: no such host")
    assert len(answer["Reason"]) < 1500


@pytest.mark.parametrize("status", ["STOPPED", "TIMED_OUT", "FAULT"])
def test_a_build_without_a_log_fails_with_its_status(codebuild, create, ended, answers, context, status):
    build_image.handler(create, context)
    end(codebuild, status)
    build_image.handler(ended, context)
    assert only(answers)["Reason"] == f"the image was not built: rubric-dev-lean:build-1 {status}"


def test_a_failure_does_not_count_when_another_build_has_pushed_the_same_sources(
    codebuild, create, ended, answers, context
):
    build_image.handler(create, context)
    push(TAG)
    end(codebuild, "FAILED")
    build_image.handler(ended, context)
    assert only(answers)["Status"] == "SUCCESS"


def test_a_build_that_a_person_started_answers_nobody(codebuild, ended, answers, context):
    aws.client("codebuild").start_build(projectName=PROJECT, environmentVariablesOverride=[], idempotencyToken="t")
    end(codebuild, "SUCCEEDED")
    build_image.handler(ended, context)
    assert answers == []


def knowing(ended, status, variables):
    """CodeBuild's event, with the build's members from its user guide."""
    listed = [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()]
    more = {
        "environment": {"environment-variables": listed},
        "logs": {"group-name": LOG_GROUP, "stream-name": "build-1"},
    }
    return {**ended, "detail": {**ended["detail"], "build-status": status, "additional-information": more}}


@pytest.mark.parametrize("away", ["forgotten", "refused"])
@pytest.mark.parametrize(
    ("status", "answered"),
    [("SUCCEEDED", ("SUCCESS", "")), ("FAILED", ("FAILED", "the image was not built: rubric-dev-lean:build-1 FAILED"))],
)
def test_whoever_waits_is_told_by_the_event_where_codebuild_does_not_tell(
    codebuild, create, ended, answers, context, away, status, answered
):
    build_image.handler(create, context)
    variables = logic.variables_of(only(codebuild.builds.values()))
    if away == "forgotten":
        codebuild.builds.clear()
    else:
        codebuild.refusal = {"__type": "AccessDeniedException", "message": "not you"}
    build_image.handler(knowing(ended, status, {"REQUEST_ID": "of another", "IMAGE_TAG": TAG}), context)
    build_image.handler(knowing(ended, status, {}), context)  # a person's build
    assert answers == []
    build_image.handler(knowing(ended, status, variables), context)
    assert (only(answers)["Status"], only(answers)["Reason"]) == answered
    assert waits() is None


def test_whoever_waits_is_told_where_nobody_knows_the_build(codebuild, create, ended, answers, context):
    build_image.handler(ended, context)  # nothing waits
    build_image.handler(create, context)
    codebuild.builds.clear()
    build_image.handler(ended, context)
    assert only(answers)["Status"] == "FAILED" and waits() is None
    assert only(answers)["Reason"].startswith("rubric-dev-lean:build-1 SUCCEEDED, with an unknown result: ")


def test_whoever_waits_is_told_where_what_the_build_made_cannot_be_known(
    codebuild, create, ended, answers, context, monkeypatch
):
    build_image.handler(create, context)
    end(codebuild, "FAILED")

    def refuse(*_, **__):
        raise RuntimeError("ECR is away")

    monkeypatch.setattr(builds, "has_image", refuse)
    build_image.handler(ended, context)
    assert (only(answers)["Status"], only(answers)["Reason"]) == (
        "FAILED",
        "rubric-dev-lean:build-1 FAILED, with an unknown result: RuntimeError: ECR is away",
    )
    assert waits() is None


# Delete


def test_delete_stops_what_still_runs(codebuild, create, answers, context):
    build_image.handler(create, context)
    build_image.handler({**create, "RequestType": "Delete", "PhysicalResourceId": PHYSICAL_ID}, context)
    assert only(codebuild.builds.values())["buildStatus"] == "STOPPED" and waits() is None
    assert only(answers)["Status"] == "SUCCESS"


def test_delete_leaves_what_has_ended(codebuild, create, answers, context):
    build_image.handler(create, context)
    end(codebuild, "SUCCEEDED")
    build_image.handler({**create, "RequestType": "Delete"}, context)
    assert only(codebuild.builds.values())["buildStatus"] == "SUCCEEDED"
    assert only(answers)["Status"] == "SUCCESS"


def test_delete_succeeds_where_the_project_never_came_to_be(codebuild, create, answers, context):
    codebuild.refusal = {"__type": "ResourceNotFoundException", "message": "no such project"}
    build_image.handler({**create, "RequestType": "Delete"}, context)
    assert only(answers)["Status"] == "SUCCESS"
