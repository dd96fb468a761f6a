"""Inference Recommender: a job loads a real model server with sample requests and reports its measurements."""

import re
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.cloud import BUCKET, SERVE, Cloud, tar
from local_aws_testing.server import make_role, wait_for

RECOMMENDER = "arn:aws:iam::000000000000:role/recommender"
TYPES = ["ml.c7i.large", "ml.m7i.large"]
ENDED = ("COMPLETED", "FAILED", "STOPPED")


def package(cloud: Cloud, data: str) -> str:
    """The ARN of a model package whose container serves the model data `data`."""
    container = {"Image": SERVE, "ModelDataUrl": f"s3://{BUCKET}/{data}.tar.gz"}
    specification = {
        "Containers": [container],
        "SupportedContentTypes": ["text/plain"],
        "SupportedResponseMIMETypes": ["application/json"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
    }
    made = cloud.sagemaker.create_model_package(
        ModelPackageGroupName="measured", InferenceSpecification=specification, ModelApprovalStatus="Approved"
    )
    return str(made["ModelPackageArn"])


@pytest.fixture(scope="module")
def measured(cloud: Cloud) -> dict[str, str]:
    """ARNs of packages by their model's name; roles and payloads are there too."""
    make_role(cloud.server, "recommender", "sagemaker.amazonaws.com")
    make_role(cloud.server, "of-lambda", "lambda.amazonaws.com")
    cloud.sagemaker.create_model_package_group(ModelPackageGroupName="measured")
    for name, files in (("good", {"1.json": b"hello", "2.json": b"world"}), ("bad", {"1.json": b"bad"}), ("empty", {})):
        cloud.s3.put_object(Bucket=BUCKET, Key=f"payload/{name}.tar.gz", Body=tar(files))
    cloud.s3.put_object(Bucket=BUCKET, Key="payload/text.tar.gz", Body=b"this is no archive")
    return {name: package(cloud, name) for name in ("one", "broken")}


def start(cloud: Cloud, name: str, arn: str, payload: str = "good", **members: Any) -> None:
    container = {
        "PayloadConfig": {"SamplePayloadUrl": f"s3://{BUCKET}/payload/{payload}.tar.gz"},
        "SupportedInstanceTypes": TYPES,
        **members.pop("ContainerConfig", {}),
    }
    value = {"ModelPackageVersionArn": arn, "ContainerConfig": container, **members.pop("InputConfig", {})}
    request = {"JobName": name, "JobType": "Default", "RoleArn": RECOMMENDER, "InputConfig": value}
    cloud.sagemaker.create_inference_recommendations_job(**(request | members))


def described(cloud: Cloud, name: str) -> dict[str, Any]:
    return dict(cloud.sagemaker.describe_inference_recommendations_job(JobName=name))


def ended(cloud: Cloud, name: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        job = described(cloud, name)
        return job if job["Status"] in ENDED else None

    job: dict[str, Any] = wait_for(found, what=f"the job {name} to end")
    return job


def steps(cloud: Cloud, name: str, **members: Any) -> list[dict[str, Any]]:
    result = cloud.sagemaker.list_inference_recommendations_job_steps(JobName=name, **members)["Steps"]
    return list(result)


def lines(cloud: Cloud, step: dict[str, Any]) -> list[str]:
    group = f"/aws/sagemaker/Endpoints/{step['InferenceBenchmark']['EndpointConfiguration']['EndpointName']}"
    pages = cloud.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"] for page in pages for event in page["events"]]


def test_each_instance_type_has_a_benchmark_of_the_real_server(cloud: Cloud, measured: dict[str, str]) -> None:
    start(cloud, "measured-1", measured["one"])
    job = ended(cloud, "measured-1")
    assert job["Status"] == "COMPLETED", job.get("FailureReason")
    assert job["JobArn"] == "arn:aws:sagemaker:us-east-1:000000000000:inference-recommendations-job/measured-1"
    assert job["CreationTime"] < job["CompletionTime"] <= job["LastModifiedTime"]
    result = job["InferenceRecommendations"]
    assert [each["EndpointConfiguration"]["InstanceType"] for each in result] == TYPES
    for each in result:
        metrics = each["Metrics"]
        assert metrics["MaxInvocations"] > 60 and 1 <= metrics["ModelLatency"] < 1000
        assert metrics["CpuUtilization"] > 0 and metrics["MemoryUtilization"] > 0
        assert not {"CostPerHour", "CostPerInference"} & set(metrics)
        assert 1 < (each["InvocationEndTime"] - each["InvocationStartTime"]).total_seconds() < 60
    first, second = steps(cloud, "measured-1", StepType="BENCHMARK")
    assert first["Status"] == second["Status"] == "COMPLETED"
    assert first["InferenceBenchmark"]["Metrics"] == result[0]["Metrics"]
    message = " ".join(lines(cloud, first))
    assert min(message.count("hello"), message.count("world")) > 10, "both sample requests are sent"
    in_a_step = result[0]["Metrics"]["MaxInvocations"] / 60 * 0.5
    assert message.count("served") > in_a_step, "the rate is one of requests that were really sent"


def test_a_limit_on_the_load_ends_it(cloud: Cloud, measured: dict[str, str]) -> None:
    one = {"SupportedInstanceTypes": TYPES[:1]}
    start(cloud, "limited-1", measured["one"], ContainerConfig=one, StoppingConditions={"MaxInvocations": 1})
    thresholds = {"ModelLatencyThresholds": [{"Percentile": "P95", "ValueInMilliseconds": 0}]}
    start(cloud, "limited-2", measured["one"], ContainerConfig=one, StoppingConditions=thresholds)
    quick = ended(cloud, "limited-1")
    took = quick["CompletionTime"] - quick["CreationTime"]
    assert quick["Status"] == "COMPLETED" and took.total_seconds() < 5, "one step is enough"
    slow = ended(cloud, "limited-2")
    assert (slow["Status"], "ModelLatencyThresholds" in slow["FailureReason"]) == ("FAILED", True)


@pytest.mark.parametrize(
    ("name", "model", "payload", "reason"),
    [
        ("failed-1", "broken", "good", "did not pass the ping health check"),
        ("failed-2", "one", "bad", r"ModelError when calling the InvokeEndpoint operation: \(400\)"),
        ("failed-3", "one", "empty", "PayloadError: the payload is empty"),
        ("failed-4", "one", "text", "is not a gzip compressed tar archive"),
        ("failed-5", "one", "nothing", "PayloadError: the sample payload .* cannot be read"),
    ],
)
def test_a_job_that_cannot_measure_fails_and_says_why(
    cloud: Cloud, measured: dict[str, str], name: str, model: str, payload: str, reason: str
) -> None:
    start(cloud, name, measured[model], payload, ContainerConfig={"SupportedInstanceTypes": TYPES[:1]})
    job = ended(cloud, name)
    assert job["Status"] == "FAILED" and "InferenceRecommendations" not in job
    assert re.search(reason, job["FailureReason"]), job["FailureReason"]
    (step,) = steps(cloud, name, Status="FAILED")
    assert step["Status"] == "FAILED"


def test_a_stopped_job_ends_with_its_server(cloud: Cloud, measured: dict[str, str]) -> None:
    start(cloud, "stopped-1", measured["one"])
    wait_for(lambda: steps(cloud, "stopped-1", Status="IN_PROGRESS"), what="a benchmark to begin")
    time.sleep(1)
    cloud.sagemaker.stop_inference_recommendations_job(JobName="stopped-1")
    job = ended(cloud, "stopped-1")
    assert job["Status"] == "STOPPED"
    assert {step["Status"] for step in steps(cloud, "stopped-1")} == {"STOPPED"}
    assert not list((cloud.server.folder / "sagemaker/recommendations").glob("*"))
    with pytest.raises(ClientError, match="in status STOPPED"):
        cloud.sagemaker.stop_inference_recommendations_job(JobName="stopped-1")


def test_what_aws_refuses_is_refused(cloud: Cloud, measured: dict[str, str]) -> None:
    arn, nobody = measured["one"], measured["one"].rpartition("/")[0] + "/99"
    for members, refusal in (
        ({"InputConfig": {"ModelPackageVersionArn": nobody}}, "does not exist"),
        ({"InputConfig": {"ModelName": "m"}}, "Exactly one of ModelPackageVersionArn and ModelName"),
        ({"RoleArn": "arn:aws:iam::000000000000:role/nobody"}, "role/nobody cannot be assumed"),
        ({"RoleArn": "arn:aws:iam::000000000000:role/of-lambda"}, "role/of-lambda cannot be assumed"),
        ({"ContainerConfig": {"PayloadConfig": {}}}, "SamplePayloadUrl is a mandatory parameter"),
        ({"ContainerConfig": {"SupportedInstanceTypes": ["ml.t2.medium"]}}, "Burstable instance type ml.t2.medium is"),
        ({"ContainerConfig": {"SupportedInstanceTypes": ["ml.none.large"]}}, "is not an instance type"),
        ({"InputConfig": {"EndpointConfigurations": [{"InstanceType": "ml.c5.large"}]}}, "does not support"),
        ({"JobType": "Advanced"}, "runs Default jobs only"),
    ):
        with pytest.raises(ClientError, match=refusal):
            start(cloud, "refused-1", arn, **members)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        described(cloud, "refused-1")


def test_jobs_are_listed_and_a_name_is_taken_once(cloud: Cloud, measured: dict[str, str]) -> None:
    one = {"SupportedInstanceTypes": TYPES[:1]}
    start(cloud, "listed-c", measured["one"], "empty", ContainerConfig=one)
    with pytest.raises(ClientError, match="ResourceInUse"):
        start(cloud, "listed-c", measured["one"], "empty", ContainerConfig=one)
    ended(cloud, "listed-c")
    list_jobs = cloud.sagemaker.list_inference_recommendations_jobs
    result = list_jobs(NameContains="listed-c", StatusEquals="FAILED")["InferenceRecommendationsJobs"]
    assert [(job["JobName"], job["JobType"]) for job in result] == [("listed-c", "Default")]
    assert not list_jobs(ModelPackageVersionArnEquals=measured["broken"], NameContains="listed")[
        "InferenceRecommendationsJobs"
    ]
