"""Helpers that many tests share: models, jobs, endpoints and stacks on the local AWS."""

import contextlib
import io
import json
import os
import shlex
import sys
import tarfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

from local_aws_testing.server import Server, make_role, wait_for

BUCKET = "sagemaker-tests"
ROLE = "arn:aws:iam::000000000000:role/sagemaker-tests"
MACHINE_ROLE = "arn:aws:iam::000000000000:role/states"
TRAIN, SERVE, LABEL = "tests/fake-train:1", "tests/fake-serve:1", "tests/fake-label:1"
HERE = Path(__file__).parent
BUSY = ("Creating", "Updating", "RollingBack", "Deleting", "SystemUpdating", "InProgress", "Stopping")


@contextlib.contextmanager
def with_images() -> Iterator[None]:
    """Servers that start inside the block use the programs beside this file as images."""
    known = {
        "tests/fake-train:*": {"train": [sys.executable, "$SAGEMAKER_PROGRAM"]},
        "tests/fake-serve:*": {"serve": [sys.executable, str(HERE / "fake_model_server.py")]},
        "tests/fake-label:*": {"serve": [sys.executable, str(HERE / "fake_label_server.py")]},
        "tests/fake-batch:*": {"serve": [sys.executable, str(HERE / "fake_batch_server.py")]},
    }
    shown = {
        "LOCAL_AWS_IMAGES": json.dumps(known),
        "LOCAL_AWS_CONTAINER_PYTHON": sys.executable,
        "LOCAL_AWS_RECOMMEND_STEP_SECONDS": "0.5",
    }
    with mock.patch.dict(os.environ, shown):
        yield


def tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


class Cloud:
    """Clients of one server, and shorthands."""

    def __init__(self, server: Server) -> None:
        self.server = server

    @cached_property
    def sagemaker(self) -> Any:
        return self.server.client("sagemaker")

    @cached_property
    def runtime(self) -> Any:
        return self.server.client("sagemaker-runtime")

    @cached_property
    def s3(self) -> Any:
        return self.server.client("s3")

    @cached_property
    def logs(self) -> Any:
        return self.server.client("logs")

    @cached_property
    def cloudformation(self) -> Any:
        return self.server.client("cloudformation")

    def prepare(self) -> None:
        assert make_role(self.server, "sagemaker-tests", "sagemaker.amazonaws.com") == ROLE
        assert make_role(self.server, "states", "states.amazonaws.com") == MACHINE_ROLE
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_object(
            Bucket=BUCKET, Key="code.tar.gz", Body=tar({"train.py": (HERE / "fake_train.py").read_bytes()})
        )
        for name in ("one", "two", "broken"):
            self.s3.put_object(Bucket=BUCKET, Key=f"{name}.tar.gz", Body=tar({"name.txt": name.encode()}))

    def job_request(self, name: str, /, *, max_runtime: int = 60, **hyperparameters: str) -> dict[str, Any]:
        return {
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": TRAIN,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
            },
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": max_runtime},
            "HyperParameters": {
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": f"s3://{BUCKET}/code.tar.gz",
                # As with the older toolkit, a shell reads them.
                **{key: shlex.quote(value) for key, value in hyperparameters.items()},
            },
        }

    def ended_job(self, name: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            job = self.sagemaker.describe_training_job(TrainingJobName=name)
            return None if job["TrainingJobStatus"] in BUSY else job

        job: dict[str, Any] = wait_for(found, what=f"the job {name} to end")
        return job

    def make_config(self, name: str, models: dict[str, str], *, instance_count: int = 1, **members: Any) -> None:
        """An endpoint configuration with its models: variant name to model data (`one`, `two`, `broken`)."""
        variants = []
        for variant, data in models.items():
            model = f"{name}-{variant}"
            self.sagemaker.create_model(
                ModelName=model,
                ExecutionRoleArn=ROLE,
                PrimaryContainer={"Image": SERVE, "ModelDataUrl": f"s3://{BUCKET}/{data}.tar.gz"},
            )
            variants.append(
                {
                    "VariantName": variant,
                    "ModelName": model,
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": instance_count,
                }
            )
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **members)

    def settled(self, endpoint: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            described = self.sagemaker.describe_endpoint(EndpointName=endpoint)
            return None if described["EndpointStatus"] in BUSY else described

        described: dict[str, Any] = wait_for(found, what=f"the endpoint {endpoint} to settle")
        return described

    def make_endpoint(self, name: str, models: dict[str, str], **members: Any) -> dict[str, Any]:
        self.make_config(name, models, **members)
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        return self.settled(name)

    def delete_endpoint(self, name: str) -> None:
        self.sagemaker.delete_endpoint(EndpointName=name)

        def gone() -> bool:
            return name not in [
                item["EndpointName"] for item in self.sagemaker.list_endpoints(MaxResults=100)["Endpoints"]
            ]

        wait_for(gone, what=f"the endpoint {name} to go")

    def ask(self, endpoint: str, body: str = "hello", **members: Any) -> dict[str, Any]:
        answer = self.runtime.invoke_endpoint(
            EndpointName=endpoint, Body=body.encode(), ContentType="application/json", **members
        )
        read: dict[str, Any] = json.loads(answer["Body"].read())
        return read | {"variant": answer["InvokedProductionVariant"], "content_type": answer["ContentType"]}

    def ended_execution(self, arn: str) -> dict[str, Any]:
        machines = self.server.client("stepfunctions")

        def found() -> dict[str, Any] | None:
            execution: dict[str, Any] = machines.describe_execution(executionArn=arn)
            return None if execution["status"] == "RUNNING" else execution

        execution: dict[str, Any] = wait_for(found, what=f"the execution {arn} to end")
        return execution

    def stack(self, name: str) -> dict[str, Any]:
        result: dict[str, Any] = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return result

    def stack_settled(self, name: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            stack = self.stack(name)
            return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack

        stack: dict[str, Any] = wait_for(found, what=f"the stack {name} to settle")
        return stack
