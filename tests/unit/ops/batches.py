"""A transform service that answers at once, with its input and output files."""

from __future__ import annotations

import json

import boto3
import pytest

from ops.batch import locations
from ops.deployment.cloud import Cloud
from tests.unit.ops.conftest import BUCKET, NOW

IN = "s3://artifacts/batch/in/"


def put(key: str, *lines: str, bucket: str = BUCKET) -> None:
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body="".join(f"{line}\n" for line in lines).encode())


def get(key: str, bucket: str = BUCKET) -> str:
    return str(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def answer(label: str) -> str:
    return json.dumps({"predicted_label": label, "probabilities": [[1.0]], "labels": [label], "model_version": "m"})


REFUSED = json.dumps({"error": {"code": "missing_inputs", "message": "expected an object"}})


class FakeService:
    """Runs a job at once when it is created: answers each line of each object, as `reply` says (None: no file)."""

    def __init__(self, real: object, reply: dict[str, str | None], status: str = "Completed") -> None:
        self._real, self._reply, self._status = real, reply, status
        self.jobs: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def create_transform_job(self, **request: object) -> None:
        source = locations.parse(request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])  # type: ignore[index]
        output = locations.folder(request["TransformOutput"]["S3OutputPath"])  # type: ignore[index]
        self.jobs.append(str(request["TransformJobName"]))
        for place, _ in list(locations.objects(boto3.client("s3"), source)):
            lines = get(place.key).splitlines()
            answers = [self._reply.get(line, answer("A")) for line in lines]
            if None not in answers:
                put(output.below(f"{place.key.removeprefix(source.parent.key)}.out").key, *map(str, answers))

    def describe_transform_job(self, *, TransformJobName: str) -> dict[str, object]:
        assert TransformJobName in self.jobs
        reason = {"FailureReason": "ClientError: See job logs"} if self._status == "Failed" else {}
        return {"TransformJobStatus": self._status, "TransformStartTime": NOW, "TransformEndTime": NOW, **reason}


def service(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, *, status: str = "Completed", **reply: str | None
) -> FakeService:
    fake = FakeService(cloud.client("sagemaker"), reply, status)
    client = Cloud.client
    monkeypatch.setattr(Cloud, "client", lambda self, name: fake if name == "sagemaker" else client(self, name))
    return fake
