"""Failures are refused with their reason and raise an alarm, and the old model keeps serving."""

import io
import os
import random
import signal
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.processes import model_servers
from tests.e2e.test_20_api import HEADLINE
from tests.e2e.test_30_idempotence import assert_no_differences


@contextmanager
def still_serving(cloud: Cloud) -> Iterator[None]:
    """Holds that the same model answers before and after."""
    before = cloud.status()["model_version"]
    yield
    assert cloud.status()["model_version"] == before
    assert cloud.status()["endpoint_status"] == "InService"
    with cloud.api() as api:
        answer = api.post("v1/classify", json={"inputs": HEADLINE})
    assert answer.status_code == 200, answer.text
    assert answer.json()["model_version"] == before


def version_of(artifact_uri: str) -> str:
    return artifact_uri.split("/")[-3]


def upload(cloud: Cloud, bucket: str, key: str, body: bytes, **condition: str) -> str:
    cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=body, **condition)
    return f"s3://{bucket}/{key}"


def dataset(cloud: Cloud, name: str, content: str) -> str:
    return upload(cloud, cloud.outputs("Data")["DatasetBucketName"], f"datasets/e2e/{name}", content.encode())


def reason(execution: dict[str, object]) -> str:
    return f"{execution.get('error')}: {execution.get('cause')}"


def test_a_model_that_learnt_nothing_fails_the_gate(deployed: Cloud) -> None:
    chance = random.Random(7)
    words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo"]
    rows = (
        f"{' '.join(chance.choices(words, k=6))} {i},{chance.choice(['Business', 'Health', 'Science'])}"
        for i in range(300)
    )
    uri = dataset(deployed, "noise.csv", "title,category\n" + "\n".join(rows) + "\n")
    with still_serving(deployed):
        ended = deployed.execute("PipelineArn", {"dataset_uri": uri})
    assert ended["status"] == "FAILED"
    assert "accuracy" in reason(ended).lower()


def test_a_dataset_without_a_label_column_fails_with_the_remedy(deployed: Cloud) -> None:
    uri = dataset(deployed, "unlabelled.csv", "title,when\n" + "a headline,2020\n" * 40)
    with still_serving(deployed):
        ended = deployed.execute("PipelineArn", {"dataset_uri": uri})
    assert ended["status"] == "FAILED"
    assert "label" in reason(ended) and "unlabelled.csv" in reason(ended), reason(ended)


def test_failed_pipelines_raise_the_alarm(deployed: Cloud) -> None:
    cloudwatch = deployed.client("cloudwatch")

    def alarming() -> list[str]:
        alarms = cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
        return [alarm["AlarmName"] for alarm in alarms if alarm["Namespace"] == "AWS/States"]

    assert wait_for("the pipeline's alarm", alarming, timeout=60)


@pytest.mark.parametrize("fault", ["", "silent-rollback"])
def test_a_model_that_cannot_start_is_rolled_back_with_the_parameter(deployed: Cloud, fault: str) -> None:
    """Whether CloudFormation notices that SageMaker took the rollout back, or Rubric must."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        content = b"this is no model"
        member = tarfile.TarInfo("model.onnx")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    bucket = deployed.outputs("Data")["ArtifactBucketName"]
    key = f"models/rubric-local-broken{fault}/output/model.tar.gz"
    with pytest.raises(ClientError, match="AccessDenied"):
        upload(deployed, bucket, key, packed.getvalue())
    uri = upload(deployed, bucket, key, packed.getvalue(), IfNoneMatch="*")
    parameter = deployed.outputs("Training")["ApprovedModelParameterName"]
    approved = deployed.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
    faults = deployed.folder / "state" / "faults"
    faults.write_text(fault)
    with still_serving(deployed):
        ended = deployed.execute("PromotionArn", {"artifact_uri": uri})
        with deployed.api() as api:
            described = api.get("v1/model").json()["model_version"]
    faults.unlink()
    assert ended["status"] == "FAILED"
    assert "ping health check" in reason(ended), reason(ended)
    assert ("took the rollout back" in reason(ended)) == bool(fault)
    assert described == version_of(approved)
    assert deployed.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"] == approved
    assert deployed.stack_status("Serving") == "UPDATE_ROLLBACK_COMPLETE"
    assert_no_differences(deployed)


def test_a_deploy_whose_endpoint_cannot_come_up_rolls_back(deployed: Cloud) -> None:
    override = deployed.settings_file.with_name("local.override.yaml")
    before = override.read_text()
    change = yaml.safe_load(before) or {}
    change.setdefault("serving", {})["image"] = "000000000000.dkr.ecr.us-east-1.amazonaws.com/nobody-knows-this:1"
    override.write_text(yaml.safe_dump(change))
    try:
        with still_serving(deployed):
            ended = deployed.cdk(
                "deploy", "--exclusively", deployed.stack("Serving"), "--require-approval", "never", check=False
            )
        assert ended.returncode != 0
        assert "nobody-knows-this" in ended.stdout + ended.stderr
    finally:
        override.write_text(before)
    assert deployed.stack_status("Serving") == "UPDATE_ROLLBACK_COMPLETE"
    assert_no_differences(deployed)


def test_a_killed_model_server_comes_back_by_itself(deployed: Cloud) -> None:
    [server] = model_servers(deployed.folder)
    os.kill(server, signal.SIGKILL)
    with deployed.api() as api:
        during = api.post("v1/classify", json={"inputs": HEADLINE})
        if during.status_code != 200:  # else it was back already
            assert during.status_code == 503, during.text
            assert int(during.headers["retry-after"]) > 0
        wait_for("an answer", lambda: api.post("v1/classify", json={"inputs": HEADLINE}).status_code == 200, timeout=60)
    assert model_servers(deployed.folder) != [server]


def test_a_restarted_local_aws_serves_what_was_deployed(deployed: Cloud) -> None:
    with still_serving(deployed):
        pid = int(yaml.safe_load((deployed.folder / "state/server.json").read_text())["pid"])
        os.kill(pid, signal.SIGTERM)
        wait_for("the server's end", lambda: not deployed.status()["running"], timeout=30)
        deployed.local("up")
        wait_for("the endpoint", lambda: deployed.status()["endpoint_status"] == "InService", timeout=60)
        assert len(model_servers(deployed.folder)) == 1
