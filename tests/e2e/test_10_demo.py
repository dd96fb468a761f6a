"""Tests `make demo` on an empty machine."""

import hashlib
import io
import subprocess
import tarfile

from tests import processor
from tests.e2e.cloud import Cloud


def test_the_demo_ends_with_a_table_of_answers_and_where_to_go_next(
    demo: subprocess.CompletedProcess[str], cloud: Cloud
) -> None:
    status = cloud.status()
    for shown in (
        status["api_url"].rstrip("/"),
        status["api_key"],
        "Business",
        "local-status",
        "local-destroy",
        "local-down",
    ):
        assert shown in demo.stdout, f"{shown!r} is not on the demo's screen:\n{demo.stdout}"


def test_the_demo_says_that_its_model_is_no_pretrained_one(demo: subprocess.CompletedProcess[str]) -> None:
    assert "BASE_MODEL=distilbert-base-uncased` fine-tunes" in demo.stdout


def test_local_status_is_one_json_object_that_names_everything(deployed: Cloud) -> None:
    status = deployed.status()
    assert status["running"] is True
    assert status["aws_endpoint_url"] == deployed.endpoint_url
    assert status["endpoint_status"] == "InService"
    assert status["model_version"].startswith("rubric-local-")
    assert status["api_key"].startswith("rk_")
    assert status["console_url"].startswith("http://127.0.0.1")


def test_all_five_stacks_are_deployed(deployed: Cloud) -> None:
    names = ("Data", "Training", "Serving", "Challenger", "Api", "Monitoring")
    assert {name: deployed.stack_status(name) for name in names} == dict.fromkeys(names, "CREATE_COMPLETE")


def test_the_job_ran_the_real_training_code_and_logged_its_progress(deployed: Cloud) -> None:
    job = deployed.status()["model_version"]
    described = deployed.client("sagemaker").describe_training_job(TrainingJobName=job)
    assert described["TrainingJobStatus"] == "Completed"
    figures = {metric["MetricName"]: metric["Value"] for metric in described["FinalMetricDataList"]}
    assert figures["test:accuracy"] > 0.8 and figures["train:loss"] > 0
    logs = deployed.client("logs")
    streams = logs.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job)[
        "logStreams"
    ]
    events = logs.get_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=streams[0]["logStreamName"], startFromHead=True
    )["events"]
    assert any(event["message"].startswith("progress: train ") for event in events)


def test_the_model_brings_its_code_and_the_endpoint_runs_the_kind_that_was_chosen(deployed: Cloud) -> None:
    described = deployed.client("sagemaker").describe_training_job(TrainingJobName=deployed.status()["model_version"])
    bucket, key = described["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").split("/", 1)
    packed = deployed.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = set(archive.getnames())
    kernels = "code/model_code/serving/engines/native/built"
    assert {f"{kernels}/encoder-x86_64-{kind}.so" for kind in ("amx", "avx512-vnni", "avx2", "v3")} <= names
    logs, group = deployed.client("logs"), f"/aws/sagemaker/Endpoints/{deployed.outputs('Serving')['EndpointName']}"
    encoder = [processor.engine() if "encoder.npz" in names else "onnxruntime"] if "model.onnx" in names else []
    engine = "+".join(encoder + ["linear"] * ("linear.npz" in names))
    assert logs.filter_log_events(logGroupName=group, filterPattern=f'"run by {engine}"')["events"]


def test_the_model_package_is_registered_approved_and_carries_its_metrics(deployed: Cloud) -> None:
    sagemaker = deployed.client("sagemaker")
    group = deployed.outputs("Training")["ModelPackageGroupName"]
    [package] = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert package["ModelApprovalStatus"] == "Approved"
    described = sagemaker.describe_model_package(ModelPackageName=package["ModelPackageArn"])
    metadata = described["CustomerMetadataProperties"]
    assert float(metadata["accuracy"]) > 0.8 and metadata["champion"] == "none"
    uri = described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    packed = deployed.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert key.startswith("models/") and hashlib.sha256(packed).hexdigest() == metadata["artifact_sha256"]
    assert described["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].endswith("/evaluation.json")
