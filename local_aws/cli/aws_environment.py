"""The environment variables that point a program at the local AWS and away from any real account."""

import os
import shlex

import boto3
from botocore.config import Config

from local_aws import access_key
from local_aws.cli.workspace import REGION, Workspace

# A profile or a session of the user's own account must never reach the local AWS, nor the other way round.
REMOVED = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE")
_LOCAL_HOSTS = ("127.0.0.1", "localhost")


def variables(workspace: Workspace) -> dict[str, str]:
    """What to export so that the AWS CLI, boto3 and the CDK CLI use the local AWS."""
    return {
        "AWS_ENDPOINT_URL": workspace.endpoint_url,
        "AWS_ACCESS_KEY_ID": workspace.access_key,
        "AWS_SECRET_ACCESS_KEY": access_key.SECRET,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
        "NO_PROXY": _no_proxy(),
        "no_proxy": _no_proxy(),
    }


def export_lines(workspace: Workspace) -> str:
    """Shell lines for `eval "$(python -m local_aws.cli env)"`."""
    lines = [f"unset {' '.join(REMOVED)}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables(workspace).items()]
    return "\n".join(lines)


def for_child(workspace: Workspace) -> dict[str, str]:
    """The environment of a child process: this one's, with the local AWS, and this Python's commands come first."""
    inherited = {name: value for name, value in os.environ.items() if name not in REMOVED}
    path = os.pathsep.join([str(workspace.bin), inherited.get("PATH", os.defpath)])
    no_files = {"AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_CONFIG_FILE": os.devnull}
    return inherited | variables(workspace) | no_files | {"PATH": path}


def session(workspace: Workspace) -> boto3.Session:
    """A boto3 session with the local AWS's credentials, whatever the user's own configuration says."""
    key = {"aws_access_key_id": workspace.access_key, "aws_secret_access_key": access_key.SECRET}
    return boto3.Session(**key, region_name=REGION)


def client_options(workspace: Workspace) -> dict[str, object]:
    """Arguments of `session(workspace).client(...)` that reach the local AWS directly, never through a proxy."""
    config = Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 2, "mode": "standard"}, proxies={})
    return {"endpoint_url": workspace.endpoint_url, "config": config}


def _no_proxy() -> str:
    given = [host for host in os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")).split(",") if host]
    return ",".join([*given, *(host for host in _LOCAL_HOSTS if host not in given)])
