"""Containers whose images are small Python programs, with moto's S3."""

import io
import json
import sys
import tarfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local_aws.containers import ModelContainer, TrainingContainer, kill_leftovers

BUCKET = "container-tests"
TRAINING_IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.13.0-cpu-amzn2023-sagemaker"
SERVING_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/teaching:1"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "LOCAL_AWS_IMAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "users-own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "users-secret")
    monkeypatch.setenv("LOCAL_AWS_CONTAINER_PYTHON", sys.executable)
    with mock_aws():
        credentials = {"aws_access_key_id": "folders-own", "aws_secret_access_key": "not-checked"}
        client = boto3.client("s3", region_name="us-east-1", **credentials)
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    """The folder of the work folders; no process is left when the test ends."""
    root = tmp_path / "work"
    root.mkdir()
    yield root
    assert kill_leftovers(root) == []


def tar_gz(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def get(s3: Any, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body


def keys(s3: Any) -> set[str]:
    return {item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


class Job:
    """A training job: its container and its reports."""

    def __init__(self, s3: Any, folder: Path, request: dict[str, Any], **options: Any) -> None:
        self.lines: list[str] = []
        self.hosts: list[str] = []  # the host of each line
        self.statuses: list[str] = []
        self.on_line: Callable[[str], None] = lambda line: None
        self.on_status: Callable[[str], None] = lambda status: None
        self.container = TrainingContainer(
            request=request,
            workdir=folder / request["TrainingJobName"],
            s3=s3,
            log=self._log,
            on_status=self._status,
            **options,
        )

    def _status(self, status: str, message: str) -> None:
        self.statuses.append(status)
        self.on_status(status)

    def _log(self, line: str, host: str) -> None:
        self.lines.append(line)
        self.hosts.append(host)
        self.on_line(line)


@pytest.fixture
def job(s3: Any, work: Path) -> Callable[..., Job]:
    """Makes a job that runs a script; `request` adds to or replaces members of the request."""

    def make(script: str, *, hyperparameters: dict[str, str] | None = None, options: Any = None, **request: Any) -> Job:
        source = tar_gz({"package/train.py": textwrap.dedent(script), "package/helper.py": "WORD = 'imported'"})
        s3.put_object(Bucket=BUCKET, Key="source/sourcedir.tar.gz", Body=source)
        whole = {
            "TrainingJobName": "job-test-1",
            "RoleArn": "arn:aws:iam::123456789012:role/training",
            "AlgorithmSpecification": {"TrainingImage": TRAINING_IMAGE, "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {"InstanceType": "ml.c7i.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "HyperParameters": {
                "sagemaker_program": "package/train.py",
                "sagemaker_submit_directory": f"s3://{BUCKET}/source/sourcedir.tar.gz",
                **(hyperparameters or {}),
            },
        } | request
        return Job(s3, work, whole, **(options or {}))

    return make


def channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": "File"}


SERVER = """
import http.server, json, os, signal, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200 if not os.path.exists(os.path.join(base, "sick")) else 500)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"die":
            os._exit(3)
        if body == b"sleep":
            time.sleep(30)
        if body == b"close":
            self.close_connection = True
        if body == b"drop" and not os.path.exists(os.path.join(base, "dropped")):
            open(os.path.join(base, "dropped"), "w").close()
            self.close_connection = True
            return
        if body.startswith(b"slow"):
            time.sleep(0.1)
        if body == b"bad":
            return self.answer(400, b"no such thing", Content_Type="text/plain")
        connections.add(self.client_address)
        known = {"body": body.decode(), "type": self.headers["Content-Type"], "connections": len(connections),
                 "pid": os.getpid(), "model": open(os.path.join(base, "model", "weights.txt")).read(),
                 "env": dict(os.environ)}
        self.answer(200, json.dumps(known).encode(), Content_Type="application/json", X_Seen="yes")

    def log_message(self, *args):
        pass

connections = set()
base = os.environ["SAGEMAKER_BASE_DIR"]
print("serving on", os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.ThreadingHTTPServer(
    ("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


class Served:
    """A model container and the lines that it logged."""

    def __init__(self, s3: Any, workdir: Path, **options: Any) -> None:
        self.lines: list[str] = []
        self.workdir = workdir
        self.container = ModelContainer(
            endpoint_name="tested",
            variant_name="champion",
            workdir=workdir,
            s3=s3,
            log=self.lines.append,
            **({"image": SERVING_IMAGE, "environment": {}, "model_data_url": f"s3://{BUCKET}/model.tar.gz"} | options),
        )


@pytest.fixture
def served(s3: Any, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Served]]:
    """Makes a model container whose image is a program (by default one that answers); it is stopped after the test."""
    made: list[Served] = []

    def make(program: str = SERVER, **options: Any) -> Served:
        path = tmp_path / "serve.py"
        path.write_text(textwrap.dedent(program))
        command = ["$LOCAL_AWS_CONTAINER_PYTHON", str(path)]
        monkeypatch.setenv("LOCAL_AWS_IMAGES", json.dumps({"*/teaching:*": {"serve": command}}))
        s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=tar_gz({"weights.txt": "heavy"}))
        made.append(Served(s3, work / "endpoint", **options))
        return made[-1]

    yield make
    for one in made:
        one.container.stop()
