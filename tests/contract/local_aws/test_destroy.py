"""The whole Data stack is deleted however late S3 delivers access logs; a second destroy finishes the first."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from botocore.exceptions import ClientError

from environments.settings import load
from local_aws_testing.server import Server, http, start
from local_aws_testing.stacks import ended
from stacks.data.stack import DataStack
from stacks.deployment import Deployment
from tests.clone import ROOT

STACK, LATE_SECONDS = "Rubric-local-Data", 3
ASSETS = "cdk-hnb659fds-assets-000000000000-us-east-1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCAL_AWS_LATE_ACCESS_LOGS", str(LATE_SECONDS))
        running = start(tmp_path_factory.mktemp("late-logs"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The Data stack of `local` as it is synthesised, with the built functions."""
    out = tmp_path_factory.mktemp("cdk.out")
    app = cdk.App(
        context=json.loads((ROOT / "cdk.json").read_text())["context"],
        analytics_reporting=False,
        outdir=str(out),
        builtin_cloud_formation_validation=False,
    )
    folder = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "environments", folder / "environments", ignore=shutil.ignore_patterns("*.override.yaml"))
    DataStack(app, deployment=Deployment(settings=load("local", root=folder), root=ROOT, build_dir=ROOT / "build"))
    app.synth()
    made: dict[str, Any] = json.loads((out / f"{STACK}.template.json").read_text())
    return made | {"folder": str(out)}


def deploy(server: Server, template: dict[str, Any]) -> list[str]:
    """The stack as `cdk deploy` makes it; returns the names of its buckets."""
    s3, out = server.client("s3"), Path(template["folder"])
    if ASSETS not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=ASSETS)
    listed = json.loads((out / f"{STACK}.assets.json").read_text())["files"].values()
    for asset in listed:
        if asset["source"]["packaging"] == "zip":
            [place] = asset["destinations"].values()
            packed = shutil.make_archive(str(out / "packed"), "zip", out / asset["source"]["path"])
            s3.upload_file(packed, ASSETS, place["objectKey"])
    body = json.dumps({key: value for key, value in template.items() if key != "folder"})
    server.client("cloudformation").create_stack(StackName=STACK, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    assert ended(server, STACK)["StackStatus"] == "CREATE_COMPLETE"
    resources = server.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    return [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::S3::Bucket"]


def access_point(server: Server, method: str, *, bucket: str) -> None:
    """Create (PUT) or DELETE an access point of a bucket; boto3 would put the account before 127.0.0.1."""
    body = f"<CreateAccessPointRequest><Bucket>{bucket}</Bucket></CreateAccessPointRequest>".encode()
    url, headers = f"{server.url}/v20180820/accesspoint/reports", {"x-amz-account-id": "000000000000", **server.signed}
    status, _, message = http(method, url, body=body if method == "PUT" else None, headers=headers)
    assert status in (200, 204), message


def destroy(server: Server) -> str:
    client = server.client("cloudformation")
    stack_id = client.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"]
    client.delete_stack(StackName=STACK)
    return str(ended(server, stack_id)["StackStatus"])


def buckets(server: Server) -> list[str]:
    return [bucket["Name"] for bucket in server.client("s3").list_buckets()["Buckets"] if bucket["Name"] != ASSETS]


def test_what_is_logged_late_does_not_keep_the_stack(server: Server, template: dict[str, Any]) -> None:
    names = deploy(server, template)
    s3 = server.client("s3")
    [dataset] = [name for name in names if "dataset" in name]
    [logs] = [name for name in names if "accesslog" in name]
    s3.put_object(Bucket=dataset, Key="datasets/1/headlines.csv", Body=b"title,category")
    assert "Contents" not in s3.list_objects_v2(Bucket=logs), "it comes late"
    assert destroy(server) == "DELETE_COMPLETE"
    assert buckets(server) == []


def test_a_second_destroy_finishes_what_the_first_left(server: Server, template: dict[str, Any]) -> None:
    [logs] = [name for name in deploy(server, template) if "accesslog" in name]
    # S3 refuses to delete a bucket with an access point, which a person has to remove first.
    access_point(server, "PUT", bucket=logs)
    assert destroy(server) == "DELETE_FAILED"
    assert buckets(server) == [logs], "what was logged is gone, and so is all that was not in the way"
    access_point(server, "DELETE", bucket=logs)
    assert destroy(server) == "DELETE_COMPLETE"
    assert buckets(server) == []


def test_a_bucket_with_something_in_it_is_not_deleted_with_its_stack(server: Server) -> None:
    client, s3 = server.client("cloudformation"), server.client("s3")
    body = json.dumps({"Resources": {"Kept": {"Type": "AWS::S3::Bucket"}}})
    stack_id = client.create_stack(StackName="kept", TemplateBody=body)["StackId"]
    ended(server, "kept")
    [name] = buckets(server)
    s3.put_object(Bucket=name, Key="k", Body=b"")
    client.delete_stack(StackName="kept")
    assert ended(server, stack_id)["StackStatus"] == "DELETE_FAILED"
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in client.describe_stack_events(StackName=stack_id)["StackEvents"]
    ]
    assert any("The bucket you tried to delete is not empty" in reason for reason in reasons)
    s3.delete_object(Bucket=name, Key="k")
    client.delete_stack(StackName="kept")
    assert ended(server, stack_id)["StackStatus"] == "DELETE_COMPLETE"


def test_what_an_undeleted_resource_needs_stays_with_it(server: Server) -> None:
    """Otherwise, after a failed cleanup, the second destroy would have no function."""
    client, s3 = server.client("cloudformation"), server.client("s3")
    topic = {"Type": "AWS::SNS::Topic"}
    body = json.dumps({"Resources": {"Kept": {"Type": "AWS::S3::Bucket", "DependsOn": "Topic"}, "Topic": topic}})
    stack_id = client.create_stack(StackName="needed", TemplateBody=body)["StackId"]
    ended(server, "needed")
    [name] = buckets(server)
    s3.put_object(Bucket=name, Key="k", Body=b"")
    client.delete_stack(StackName="needed")
    assert ended(server, stack_id)["StackStatus"] == "DELETE_FAILED"
    assert len(server.client("sns").list_topics()["Topics"]) == 1
    s3.delete_object(Bucket=name, Key="k")
    client.delete_stack(StackName="needed")
    assert ended(server, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert server.client("sns").list_topics()["Topics"] == []
    with pytest.raises(ClientError):
        s3.head_bucket(Bucket=name)
