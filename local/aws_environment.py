"""Environments and clients for the local AWS, never for a real account."""

import os
import shlex
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from local import server
from local.workspace import Workspace


def variables(workspace: Workspace) -> dict[str, str]:
    """The variables that make the AWS CLI, boto3 and the CDK CLI use the local AWS. Raises CliError."""
    quiet = {"CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_DISABLE_VERSION_CHECK": "true"}
    return _asked(workspace)[0] | quiet


def endpoint_url(workspace: Workspace) -> str:
    """The URL of the AWS APIs, even if the local AWS is not running. Raises CliError."""
    return _asked(workspace)[0]["AWS_ENDPOINT_URL"]


def export_lines(workspace: Workspace) -> str:
    """Shell lines for `eval "$(python -m local env)"`. Raises CliError."""
    lines = [f"unset {' '.join(_asked(workspace)[1])}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables(workspace).items()]
    return "\n".join(lines)


def for_child(workspace: Workspace) -> dict[str, str]:
    """The environment of a child process: this one's, with the local AWS, and this Python's commands first on PATH."""
    inherited = {name: value for name, value in os.environ.items() if name not in _asked(workspace)[1]}
    path = os.pathsep.join([str(workspace.bin), inherited.get("PATH", os.defpath)])
    no_files = {"AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_CONFIG_FILE": os.devnull}
    return inherited | variables(workspace) | no_files | {"PATH": path}


def client(workspace: Workspace, service: str) -> Any:
    """A boto3 client of the local AWS with its own credentials, never through a proxy. Raises CliError."""
    local = _asked(workspace)[0]
    session = boto3.Session(
        aws_access_key_id=local["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=local["AWS_SECRET_ACCESS_KEY"],
        region_name=local["AWS_REGION"],
    )
    config = Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 2, "mode": "standard"}, proxies={})
    return session.client(service, endpoint_url=local["AWS_ENDPOINT_URL"], config=config)


@cache
def _asked(workspace: Workspace) -> tuple[dict[str, str], list[str]]:
    return server.variables(workspace)
