"""The running local AWS, as a benchmark sees it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str] | None:
    """What points AWS clients at the local AWS; None where none runs."""
    done = subprocess.run([sys.executable, "-m", "local", "env"], cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode:
        return None
    pairs = (line.removeprefix("export ").partition("=") for line in done.stdout.splitlines() if "=" in line)
    environment = {name: value.strip("'\"") for name, _, value in pairs}
    address = urlsplit(environment["AWS_ENDPOINT_URL"])
    try:
        socket.create_connection((address.hostname or "", address.port or 80), timeout=2).close()
    except OSError:
        return None
    return environment


def client(service: str, environment: dict[str, str]) -> Any:
    """A boto3 client of a service of it."""
    import boto3

    return boto3.client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def new_key(environment: dict[str, str], *options: str) -> str:
    """A new API key, for an hour."""
    command = [sys.executable, "-m", "ops", "--env", "local", "keys", "create", "--name", "bench", "--expires", "1h"]
    done = subprocess.run(
        [*command, *options, "--json"],
        cwd=ROOT,
        env={**os.environ, **environment},
        text=True,
        capture_output=True,
        check=True,
    )
    return str(json.loads(done.stdout)["key"])


def outputs(stack: str, environment: dict[str, str]) -> dict[str, str]:
    """The outputs of `Rubric-local-<stack>` by key."""
    described = client("cloudformation", environment).describe_stacks(StackName=f"Rubric-local-{stack}")["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
