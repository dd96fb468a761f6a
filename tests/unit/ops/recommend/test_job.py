"""Tests rubric recommend: its requests to SageMaker (checked against botocore's model) and its output."""

import io
import json
import tarfile
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from ops.deployment.cloud import Cloud
from ops.models.registry import Model
from tests.unit.ops.conftest import BUCKET, NOW, SESSION, run

ROLE = "arn:aws:iam::123456789012:role/recommender"


ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/rubric-dev/3"


JOB = "rubric-dev-20261121-101500"


JOB_ARN = f"arn:aws:sagemaker:us-east-1:123456789012:inference-recommendations-job/{JOB}"


def model(approval: str = "Approved") -> Model:
    uri = f"s3://{BUCKET}/models/rubric-dev-x/output/model.tar.gz"
    return Model(ARN, 3, "rubric-dev-x", uri, "", approval, datetime(2026, 11, 20, tzinfo=UTC), {})


@pytest.fixture
def sagemaker(cloud, monkeypatch):
    """SageMaker with the test's answers; every call's parameters are validated."""
    client = SESSION.client("sagemaker")
    other = Cloud.client
    monkeypatch.setattr(Cloud, "client", lambda self, name: client if name == "sagemaker" else other(self, name))
    monkeypatch.setattr("ops.models.registry.find", lambda cloud, version: model())
    monkeypatch.setattr("ops.recommend.job.job_name", lambda cloud: JOB)
    monkeypatch.setattr("ops.recommend.job.POLL_SECONDS", 0)
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def payload(name: str = JOB) -> bytes | None:
    s3 = boto3.client("s3")
    result = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"recommend/{name}/").get("Contents", [])
    return s3.get_object(Bucket=BUCKET, Key=result[0]["Key"])["Body"].read() if result else None


def described(status: str, **more: Any) -> dict[str, Any]:
    known = {"JobName": JOB, "JobType": "Default", "JobArn": JOB_ARN, "RoleArn": ROLE, "InputConfig": {}}
    return {**known, "Status": status, "CreationTime": NOW, "LastModifiedTime": NOW, **more}


def benchmark(status: str, **more: Any) -> dict[str, Any]:
    inner = {"ModelConfiguration": {}, **more}
    return {"StepType": "BENCHMARK", "JobName": JOB, "Status": status, "InferenceBenchmark": inner}


def recommendation(instance_type: str, *, per_inference: float, **metrics: float) -> dict[str, Any]:
    base = {"CostPerHour": 0.119, "CostPerInference": per_inference, "MaxInvocations": 9000, "ModelLatency": 11}
    return {
        "Metrics": {**base, **metrics},
        "EndpointConfiguration": {
            "EndpointName": "e",
            "VariantName": "v",
            "InstanceType": instance_type,
            "InitialInstanceCount": 1,
        },
        "ModelConfiguration": {},
    }


def add_polls(stub: Stubber, *polls: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    for job, steps in polls:
        stub.add_response("describe_inference_recommendations_job", job, {"JobName": JOB})
        stub.add_response("list_inference_recommendations_job_steps", {"Steps": steps}, {"JobName": JOB})


def test_a_job_for_the_approved_model_is_started_followed_and_told(sagemaker, capsys):
    container = {
        "Domain": "NATURAL_LANGUAGE_PROCESSING",
        "Task": "CLASSIFICATION",
        "Framework": "OTHER",
        "PayloadConfig": {
            "SamplePayloadUrl": f"s3://{BUCKET}/recommend/{JOB}/payload.tar.gz",
            "SupportedContentTypes": ["application/json"],
        },
        "SupportedEndpointType": "RealTime",
        "SupportedInstanceTypes": ["ml.c7i.large", "ml.m7i.large"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    request = {
        "JobName": JOB,
        "JobType": "Default",
        "JobDescription": ANY,
        "RoleArn": ROLE,
        "InputConfig": {"ModelPackageVersionArn": ARN, "ContainerConfig": container},
        "Tags": ANY,
    }
    sagemaker.add_response("create_inference_recommendations_job", {"JobArn": JOB_ARN}, request)
    results = [
        recommendation("ml.m7i.large", per_inference=3.1e-7, CpuUtilization=float("nan")),
        recommendation("ml.c7i.large", per_inference=2.2e-7, CpuUtilization=93.4),
    ]
    running = [benchmark("COMPLETED"), benchmark("IN_PROGRESS")]
    done = [benchmark("COMPLETED"), benchmark("COMPLETED")]
    polls = [(described("PENDING"), []), (described("IN_PROGRESS"), running)]
    add_polls(sagemaker, *polls, (described("COMPLETED", InferenceRecommendations=results), done))
    types = ["--instance-type", "ml.c7i.large", "--instance-type", "ml.m7i.large"]
    assert run("recommend", "--role", ROLE, "--yes", *types) == 0
    output = capsys.readouterr()
    rows = [line.split() for line in output.out.splitlines() if line.startswith("ml.")]
    assert rows == [
        ["ml.c7i.large", "(in", "use)", "9,000", "11", "0.119", "0.22", "93", "-"],
        ["ml.m7i.large", "9,000", "11", "0.119", "0.31", "-", "-"],
    ]
    assert "The least for a million requests at full use: ml.c7i.large" in output.out
    assert "benchmarks=1/2" in output.err
    assert "up to 45 minutes" in output.err and payload() is None


def test_without_following_the_payload_stays_for_the_job(sagemaker, capsys):
    sagemaker.add_response("create_inference_recommendations_job", {"JobArn": JOB_ARN})
    assert run("recommend", "--role", ROLE, "--yes", "--no-follow", "--texts", "4") == 0
    assert capsys.readouterr().out == f"{JOB}\n"
    content = payload()
    assert content is not None
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        bodies = [json.load(archive.extractfile(member)) for member in archive.getmembers()]  # type: ignore[arg-type]
    assert len(bodies) == 64 and all(len(body["inputs"]) == 4 for body in bodies)


def test_a_job_that_failed_says_why_and_its_payload_goes(sagemaker, capsys):
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"recommend/{JOB}/payload.tar.gz", Body=b"x")
    add_polls(sagemaker, (described("FAILED"), [benchmark("FAILED", FailureReason="ResourceLimitExceeded")]))
    assert run("recommend", "--job", JOB) == 1
    assert f"{JOB} failed: ResourceLimitExceeded" in capsys.readouterr().err and payload() is None


def test_a_refused_job_leaves_no_payload(sagemaker, capsys):
    sagemaker.add_client_error("create_inference_recommendations_job", "ValidationException", "no such role")
    assert run("recommend", "--role", ROLE, "--yes") == 1
    assert "no such role" in capsys.readouterr().err and payload() is None


def test_an_unknown_job_is_not_found(sagemaker, capsys):
    sagemaker.add_client_error("describe_inference_recommendations_job", "ResourceNotFound")
    assert run("recommend", "--job", "nope") == 3
    assert "no Inference Recommender job 'nope'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--yes"], 2, "`rubric recommend --policy` prints"),
        (["--role", ROLE], 2, "add --yes to continue"),
        (["--role", ROLE, "--yes", "--instance-type", "ml.c7g.large"], 2, "give an x86 type"),
    ],
)
def test_what_cannot_start_is_refused(sagemaker, capsys, arguments, status, words):
    assert run("recommend", *arguments) == status
    assert words in capsys.readouterr().err and payload() is None


def test_only_an_approved_model_is_measured(sagemaker, monkeypatch, capsys):
    monkeypatch.setattr("ops.models.registry.find", lambda cloud, version: model("PendingManualApproval"))
    assert run("recommend", "--role", ROLE, "--yes") == 1
    assert "run `rubric models approve rubric-dev-x` first" in capsys.readouterr().err


def test_on_the_local_aws_nothing_is_asked_and_without_prices_the_fastest_is_first(sagemaker, monkeypatch, capsys):
    monkeypatch.setattr(Cloud, "is_local", True)
    monkeypatch.setattr("ops.recommend.job.LOCAL_POLL_SECONDS", 0)
    sagemaker.add_response("create_inference_recommendations_job", {"JobArn": JOB_ARN})
    results = [recommendation(name, per_inference=0) for name in ("ml.c7i.large", "ml.m7i.large")]
    for each, most in zip(results, (100, 200), strict=True):
        each["Metrics"] = {"MaxInvocations": most, "ModelLatency": 3}
    add_polls(sagemaker, (described("COMPLETED", InferenceRecommendations=results), []))
    assert run("recommend", "--role", ROLE) == 0
    output = capsys.readouterr()
    assert next(line.split()[0] for line in output.out.splitlines() if line.startswith("ml.")) == "ml.m7i.large"
    assert "Without prices; ml.m7i.large took the most requests a minute" in output.out
    assert "expect the same figures" in output.err and "45 minutes" not in output.err
