"""Builds the image of dev and prod as in an account: stack, function, build, CodeBuild's event, answer."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from environments.settings import load
from local_aws_testing.server import Server, start
from stacks.base import RubricStack
from stacks.deployment import Deployment
from stacks.serving.lean_image_build import LeanImageBuild
from stacks.shared.rule_targets import RuleTargets
from tests.clone import ROOT
from tools.bundling import build, targets

ACCOUNT, STACK, REPOSITORY = "000000000000", "Rubric-dev-Training", "rubric-dev-lean"


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dev environment's stack with nothing in it but the image's build: template, manifest and assets."""
    folder = tmp_path_factory.mktemp("build")
    build.build([*targets.TARGETS, targets.LEAN_IMAGE], root=ROOT, out=ROOT / "build")
    (folder / "environments").mkdir()
    text = (ROOT / "environments/dev.yaml").read_text(encoding="utf-8")
    (folder / "environments/dev.yaml").write_text(f'account: "{ACCOUNT}"\n{text}', encoding="utf-8")
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(
        analytics_reporting=False, context=context, outdir=str(folder / "out"), builtin_cloud_formation_validation=False
    )
    deployment = Deployment(settings=load("dev", root=folder), root=ROOT, build_dir=ROOT / "build")
    stack = RubricStack(app, "Training", deployment=deployment, description="An image.")
    LeanImageBuild(stack, "Build", deployment=deployment, targets=RuleTargets(stack, "Rules", key_arn=None))
    app.synth()
    return folder / "out"


def packed(path: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in sorted(each for each in path.rglob("*") if each.is_file()):
            archive.write(file, file.relative_to(path).as_posix())
    return content.getvalue()


def upload(server: Server, out: Path) -> None:
    """Put the assets where the CDK's bootstrap bucket has them."""
    [manifest] = out.glob("*.assets.json")
    s3 = server.client("s3")
    for asset in json.loads(manifest.read_text(encoding="utf-8"))["files"].values():
        [place] = asset["destinations"].values()
        path = out / asset["source"]["path"]
        bucket = place["bucketName"].replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", "us-east-1")
        s3.create_bucket(Bucket=bucket)
        body = packed(path) if asset["source"]["packaging"] == "zip" else path.read_bytes()
        s3.put_object(Bucket=bucket, Key=place["objectKey"], Body=body)


def settled(server: Server) -> str:
    """The stack's final status; `gone` if it no longer exists."""
    cloudformation, end = server.client("cloudformation"), time.monotonic() + 120
    while time.monotonic() < end:
        try:
            [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        except cloudformation.exceptions.ClientError:
            return "gone"
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            return str(stack["StackStatus"])
        time.sleep(0.5)
    raise AssertionError("the stack never settled")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start(tmp_path_factory.mktemp("local-aws"))
    yield running
    running.stop()


def builds(server: Server) -> list[dict[str, Any]]:
    codebuild = server.client("codebuild")
    ids = codebuild.list_builds_for_project(projectName=REPOSITORY)["ids"]
    result: list[dict[str, Any]] = codebuild.batch_get_builds(ids=ids)["builds"] if ids else []
    return result


def test_the_stack_is_there_once_its_image_is_and_leaves_nothing(server: Server, synthesised: Path) -> None:
    upload(server, synthesised)
    [template] = synthesised.glob("*.template.json")
    cloudformation, ecr = server.client("cloudformation"), server.client("ecr")
    text = template.read_text(encoding="utf-8")
    cloudformation.create_stack(StackName=STACK, TemplateBody=text, Capabilities=["CAPABILITY_IAM"])
    assert settled(server) == "CREATE_COMPLETE"
    [made] = builds(server)
    assert made["buildStatus"] == "SUCCEEDED"
    [tag] = [
        resource["Properties"]["Tag"]
        for resource in json.loads(text)["Resources"].values()
        if resource["Type"] == "Custom::LeanImage"
    ]
    assert [image["imageTag"] for image in ecr.list_images(repositoryName=REPOSITORY)["imageIds"]] == [tag]
    cloudformation.delete_stack(StackName=STACK)
    assert settled(server) in ("gone", "DELETE_COMPLETE")
    assert ecr.describe_repositories()["repositories"] == []


def test_a_build_that_fails_fails_the_stack_with_its_reason(server: Server, synthesised: Path) -> None:
    upload(server, synthesised)
    [template] = synthesised.glob("*.template.json")
    bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-us-east-1"
    resources = json.loads(template.read_text(encoding="utf-8"))["Resources"]
    [project] = [each for each in resources.values() if each["Type"] == "AWS::CodeBuild::Project"]
    server.client("s3").delete_object(Bucket=bucket, Key=project["Properties"]["Source"]["Location"].split("/")[-1])
    cloudformation = server.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK, TemplateBody=template.read_text(encoding="utf-8"), Capabilities=["CAPABILITY_IAM"]
    )
    assert settled(server) == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    reasons = [
        event.get("ResourceStatusReason", "") for event in events if event["ResourceType"] == "Custom::LeanImage"
    ]
    assert any("the image was not built" in reason and "NoSuchKey" in reason for reason in reasons), reasons
