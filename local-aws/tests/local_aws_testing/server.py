"""A local AWS for the tests, on a free port, with its state in a temporary folder."""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local_aws.containers.processes.ports import free_port

DISTRIBUTION = Path(__file__).resolve().parents[2]
ROLE = "arn:aws:iam::000000000000:role/test"


def aws_python() -> str:
    """The Python that has MiniStack: LOCAL_AWS_PYTHON's, the one of .venv-aws beside the distribution, or this one."""
    beside = DISTRIBUTION.parent / ".venv-aws" / "bin" / "python"
    return os.environ.get("LOCAL_AWS_PYTHON") or (str(beside) if beside.exists() else sys.executable)


@dataclass
class Server:
    """A running local AWS; `url` is the endpoint of every service."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def access_key(self) -> str:
        """The only access key id that it accepts."""
        return (self.folder / "access-key-id").read_text().strip()

    @property
    def signed(self) -> dict[str, str]:
        """Headers for a request without an SDK."""
        scope = f"{self.access_key}/20260101/us-east-1/s3/aws4_request"
        return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}

    def client(self, service: str, *, tries: int = 2, **options: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key="unchecked",
            config=Config(retries={"total_max_attempts": tries}, read_timeout=60),
            **options,
        )

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=30)


def environment(folder: Path, port: int) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PYTHONPATH": str(DISTRIBUTION),
        "LOCAL_AWS_PORT": str(port),
        "LOCAL_AWS_FOLDER": str(folder),
        "LOCAL_AWS_CONTAINER_PYTHON": os.environ.get("LOCAL_AWS_CONTAINER_PYTHON", sys.executable),
        "LOCAL_AWS_ALARM_SECONDS": "1",
        "LOCAL_AWS_INTERFACE_SECONDS": "0.5",
    }


def start(folder: Path, port: int | None = None) -> Server:
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # as an earlier version left it, for the server to make private
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [aws_python(), "-m", "local_aws", "serve"],
            env=environment(folder, port),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(folder=folder, port=port, process=process)
    wait_for(lambda: _healthy(server), what="the server to start")
    return server


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Server]:
    """A server with the role `test`, which state machines may assume and which may do everything."""
    running = start(folder)
    try:
        assert make_role(running, "test", "states.amazonaws.com") == ROLE
        yield running
    finally:
        running.stop()


def _healthy(server: Server) -> bool:
    if server.process.poll() is not None:
        raise AssertionError(f"the server ended:\n{(server.folder / 'server.log').read_text()}")
    try:
        with urllib.request.urlopen(f"{server.url}/_ministack/health", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def wait_for(condition: Callable[[], Any], *, what: str, seconds: float = 60) -> Any:
    """The first true value of `condition`, asked again and again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


def http(
    method: str, url: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """(status, headers with lower-case names, body); an error status is an answer like any other."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, {name.lower(): value for name, value in response.headers.items()}, response.read()
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()


def code_zip(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", source)
    return buffer.getvalue()


ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def make_role(server: Server, name: str, *services: str, statements: Sequence[Mapping[str, Any]] = (ALLOW_ALL,)) -> str:
    """Create a role that services (`sagemaker.amazonaws.com`) may assume, or replace its policy; returns its ARN."""
    iam = server.client("iam")
    principal = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy([principal]))
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=_policy(statements))
    return str(iam.get_role(RoleName=name)["Role"]["Arn"])


def _policy(statements: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_function(server: Server, name: str, source: str, **options: Any) -> str:
    """Create a function from one module with `handler` in it; returns its ARN."""
    arn = server.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": code_zip(source)},
        **{"Timeout": 30, "Architectures": ["arm64"], **options},
    )["FunctionArn"]
    return str(arn)


def total(server: Server, namespace: str, name: str, dimensions: dict[str, str], statistic: str = "Sum") -> float:
    """One statistic of a metric over the last ten minutes; 0 without datapoints."""
    points = server.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=time.time() - 600,
        EndTime=time.time() + 60,
        Period=3600,
        Statistics=[statistic],
    )["Datapoints"]
    return float(sum(point[statistic] for point in points))


def log_lines(server: Server, group: str) -> list[str]:
    logs = server.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"] for page in pages for event in page["events"]]
