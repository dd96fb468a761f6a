"""Tests a build of the local AWS: its start, its image and its end event."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws_testing.server import Server

REPOSITORY = "codebuild-image"
BUCKET, KEY = "codebuild-sources", "sources.zip"


@pytest.fixture
def project(server: Server) -> Iterator[Server]:
    """A project whose sources are in S3, and a queue that hears of its builds."""
    s3, ecr, codebuild = server.client("s3"), server.client("ecr"), server.client("codebuild")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"zip")
    uri = ecr.create_repository(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE")["repository"][
        "repositoryUri"
    ]
    codebuild.create_project(
        name=REPOSITORY,
        source={"type": "S3", "location": f"{BUCKET}/{KEY}"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/amazonlinux-x86_64-standard:6.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [{"name": "REPOSITORY_URI", "value": uri}],
        },
        serviceRole="arn:aws:iam::000000000000:role/build",
    )
    yield server
    codebuild.delete_project(name=REPOSITORY)
    ecr.delete_repository(repositoryName=REPOSITORY, force=True)
    s3.delete_object(Bucket=BUCKET, Key=KEY)
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def heard(server: Server) -> Iterator[Any]:
    """Returns a function that waits for CodeBuild's next event in EventBridge."""
    sqs, events = server.client("sqs"), server.client("events")
    url = sqs.create_queue(QueueName="builds")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="builds", EventPattern=json.dumps({"source": ["aws.codebuild"]}))
    events.put_targets(Rule="builds", Targets=[{"Id": "queue", "Arn": arn}])

    def wait() -> dict[str, Any]:
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", [])
        assert messages, "no event came"
        event: dict[str, Any] = json.loads(messages[0]["Body"])
        return event

    yield wait
    events.remove_targets(Rule="builds", Ids=["queue"])
    events.delete_rule(Name="builds")
    sqs.delete_queue(QueueUrl=url)


def start(server: Server, tag: str) -> dict[str, Any]:
    variables = [{"name": "IMAGE_TAG", "value": tag, "type": "PLAINTEXT"}]
    started = server.client("codebuild").start_build(projectName=REPOSITORY, environmentVariablesOverride=variables)
    build: dict[str, Any] = started["build"]
    return build


def described(server: Server, build: dict[str, Any]) -> dict[str, Any]:
    [result] = server.client("codebuild").batch_get_builds(ids=[build["id"]])["builds"]
    record: dict[str, Any] = result
    return record


def test_a_build_ends_with_its_image_in_ecr_and_an_event(project: Server, heard: Any) -> None:
    build = start(project, "one")
    assert build["buildStatus"] == "IN_PROGRESS"
    event = heard()
    assert (event["source"], event["detail-type"]) == ("aws.codebuild", "CodeBuild Build State Change")
    assert event["detail"]["build-status"] == "SUCCEEDED"
    assert event["detail"]["build-id"] == build["arn"]
    assert described(project, build)["buildStatus"] == "SUCCEEDED"
    result = project.client("ecr").describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": "one"}])
    assert result["imageDetails"][0]["imageTags"] == ["one"]


def test_a_tag_is_not_overwritten(project: Server, heard: Any) -> None:
    for expected in ("SUCCEEDED", "FAILED"):
        start(project, "same")
        assert heard()["detail"]["build-status"] == expected


def test_a_build_without_its_sources_fails_and_says_why(project: Server, heard: Any) -> None:
    project.client("s3").delete_object(Bucket=BUCKET, Key=KEY)
    build = start(project, "two")
    assert heard()["detail"]["build-status"] == "FAILED"
    [phase] = described(project, build)["phases"]
    assert "NoSuchKey" in phase["contexts"][0]["message"]


def test_a_build_that_was_stopped_leaves_nothing(project: Server) -> None:
    build = start(project, "three")
    project.client("codebuild").stop_build(id=build["id"])
    time.sleep(1.5)
    assert described(project, build)["buildStatus"] == "STOPPED"
    assert project.client("ecr").list_images(repositoryName=REPOSITORY)["imageIds"] == []
