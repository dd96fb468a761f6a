"""An environment deployed to moto, as far as moto supports it; Step Functions is scripted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from tests.strict_requests import requests_that_aws_takes  # noqa: F401 (a fixture)
from tests.tables import make_table

ROOT = Path(__file__).resolve().parents[3]
REGION = "us-east-1"
PIPELINE = "arn:aws:states:us-east-1:123456789012:stateMachine:pipeline"
PROMOTION = "arn:aws:states:us-east-1:123456789012:stateMachine:promotion"
PARAMETER = "/rubric/dev/approved-model"
BUCKET = "artifacts"
ROLE = "arn:aws:iam::123456789012:role/model"
BY = "arn:aws:sts::123456789012:user/moto"  # whoever runs the commands
DATASET = "s3://datasets/datasets/abc/news.csv"

SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
boto3.DEFAULT_SESSION = SESSION


class FakeStepFunctions:
    """Executions that answer from a script: each describe moves on to the next step, the last one stays."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = [{"status": "SUCCEEDED", "output": "{}"}]
        self.history: list[dict[str, Any]] = []
        self.executions: list[dict[str, Any]] = []

    def start_execution(self, **request: Any) -> dict[str, str]:
        self.started.append({**request, "input": json.loads(request["input"])})
        return {"executionArn": "arn:execution:1"}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": list(reversed(self.history))}

    def list_executions(self, **_: Any) -> dict[str, Any]:
        return {"executions": self.executions}

    def enter(self, state: str) -> None:
        self.history.append({"id": len(self.history) + 1, "stateEnteredEventDetails": {"name": state}})

    def prepare(self, job: str) -> None:
        self.enter("Prepare")
        output = json.dumps({"job": {"job_name": job}})
        self.history.append(
            {"id": len(self.history) + 1, "stateExitedEventDetails": {"name": "Prepare", "output": output}}
        )


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "RUBRIC_ENV", "RUBRIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


def deployed(env: str = "dev") -> Stacks:
    outputs = {
        "Data": {"ApiKeysTableName": "keys", "UsageTableName": "usage", "ArtifactBucketName": BUCKET},
        "Training": {
            "PipelineArn": PIPELINE,
            "PromotionArn": PROMOTION,
            "ModelPackageGroupName": "rubric-dev",
            "ApprovedModelParameterName": PARAMETER,
            "DatasetUri": DATASET,
            "BaseModel": "distilbert-base-uncased",
        },
        "Serving": {"EndpointName": "rubric-dev"},
        "Api": {"ApiUrl": "https://api.invalid"},
    }
    return Stacks(
        env=env,
        by_part={
            part: Stack(f"Rubric-{env}-{part}", "CREATE_COMPLETE", "2026-11-20T00:00:00+00:00", values)
            for part, values in outputs.items()
        },
    )


@pytest.fixture
def sfn() -> FakeStepFunctions:
    return FakeStepFunctions()


@pytest.fixture
def cloud(aws: None, sfn: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """dev, deployed; every Cloud that a command makes finds the same."""
    make_table(boto3.client("dynamodb"), "keys", key_id="S")
    make_table(boto3.client("dynamodb"), "usage", key_id="S", day="S")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName="rubric-dev")
    real = Cloud.client
    # One session for all: each new one reads the services' descriptions again.
    monkeypatch.setattr("ops.deployment.cloud.boto3.Session", lambda **_: SESSION)
    monkeypatch.setattr(Cloud, "stacks", deployed())
    monkeypatch.setattr(Cloud, "client", lambda self, name: sfn if name == "stepfunctions" else real(self, name))
    monkeypatch.setattr("ops.training.follow.POLL_SECONDS", 0)
    return Cloud("dev", root=ROOT)


def register(
    version: str,
    *,
    approval: str = "Approved",
    accuracy: float = 0.91,
    evaluation: Mapping[str, Any] | None = None,
    metadata: dict[str, str] | None = None,
) -> str:
    """A model package of `version` with its evaluation (by default one older than the report); returns its ARN."""
    evaluation = evaluation or {
        "accuracy": accuracy,
        "macro_f1": 0.9,
        "base_model": "compact",
        "counts": {"train": 80, "valid": 10, "test": 10},
        "baseline": {"name": "TF-IDF + linear", "accuracy": 0.88, "macro_f1": 0.87},
        "per_class": {"Health": {"precision": 0.5, "recall": 0.25, "f1": 0.333, "support": 4}},
    }
    key = f"models/{version}/evaluation.json"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(evaluation).encode())
    answer = boto3.client("sagemaker").create_model_package(
        ModelPackageGroupName="rubric-dev",
        ModelPackageDescription=f"accuracy {accuracy:.4f}, macro F1 0.9000; no worse than the one before: 3 and 2.",
        ModelApprovalStatus=approval,
        InferenceSpecification={
            "Containers": [{"Image": "image", "ModelDataUrl": f"s3://{BUCKET}/models/{version}/output/model.tar.gz"}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        ModelMetrics={
            "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/{key}"}}
        },
        CustomerMetadataProperties={
            "accuracy": f"{accuracy:.4f}",
            "macro_f1": "0.9000",
            "base_model": "compact",
            "gate": f"accuracy {accuracy:.4f} macro F1 0.9000 no worse than the one bef",  # cut to SageMaker's length
            **(metadata or {}),
        },
    )
    return str(answer["ModelPackageArn"])


def serve(version: str) -> None:
    """Make `version` the model in use."""
    value = f"s3://{BUCKET}/models/{version}/output/model.tar.gz"
    boto3.client("ssm").put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)


@pytest.fixture
def serving(cloud: Cloud) -> Cloud:
    """The cloud with an endpoint that serves `model-1` on ml.m5.xlarge."""
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_model(ModelName="model-1", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image"})
    variant = {"VariantName": "champion", "ModelName": "model-1", "InstanceType": "ml.m5.xlarge",
               "InitialInstanceCount": 1, "InitialVariantWeight": 1}  # fmt: skip
    sagemaker.create_endpoint_config(EndpointConfigName="config", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="rubric-dev", EndpointConfigName="config")
    return cloud


VERSION = "rubric-dev-20261120-000000-bbbb"


@pytest.fixture
def api_server():
    """An API with scripted answers that records its requests; (url, answers, requests)."""
    answers: list[tuple[int, dict]] = []
    requests: list[tuple[str, dict, dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            requests.append((self.path, dict(self.headers), body))
            status, answer = answers.pop(0)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}", answers, requests
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def make_endpoint() -> None:
    """The environment's endpoint, on one instance."""
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "i"})
    variant = {"VariantName": "champion", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="rubric-dev", EndpointConfigName="c")


def run(*arguments: str) -> int:
    """Run the command line in this process; its exit status."""
    from ops.main import main

    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


NOW = datetime(2026, 11, 20, tzinfo=UTC)
