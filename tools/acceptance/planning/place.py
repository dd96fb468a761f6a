"""Where a run takes place: the account of the user's credentials, or a local AWS, running or started for the run."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from environments.settings import Settings
from tools.acceptance.errors import UsageError
from tools.common.ports import free_port

LOCAL_ACCOUNT = "000000000000"


class Place:
    """`environment`: of the commands' processes; `client`: boto3 clients of the same account and region."""

    def __init__(self, *, region: str, environment: Mapping[str, str], is_local: bool) -> None:
        self.region = region
        self.environment = dict(environment)
        self.is_local = is_local

    @cached_property
    def _session(self) -> boto3.Session:
        if not self.is_local:
            return boto3.Session(region_name=self.region)
        return boto3.Session(
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.region,
        )

    def client(self, service: str, *, region: str | None = None) -> Any:
        """A boto3 client."""
        config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 5})
        where = {"endpoint_url": self.environment["AWS_ENDPOINT_URL"]} if self.is_local else {}
        return self._session.client(service, region_name=region or self.region, config=config, **where)

    def credentials(self) -> Any:
        """Botocore's credentials, None if there are none; never to be shown."""
        return self._session.get_credentials()

    def account(self) -> str:
        """The account id. Raises UsageError without working credentials."""
        try:
            return str(self.client("sts").get_caller_identity()["Account"])
        except (ClientError, BotoCoreError) as error:
            raise UsageError(
                f"AWS does not answer with these credentials: `aws sts get-caller-identity` must work ({error})"
            ) from None


@contextmanager
def locate(settings: Settings, *, root: Path, env_file: Path) -> Iterator[Place]:
    """The place for an environment. Stops a local AWS that it started for the run."""
    folder = env_file.parent
    base = _environment(root) | {"ENV": str(env_file)}  # for cdk.json's build step
    if settings.account != LOCAL_ACCOUNT:
        account = Place(region=settings.region, environment=base, is_local=False)
        actual = account.account()
        if settings.account not in (None, actual):
            raise UsageError(f"The settings name account {settings.account}, but the credentials belong to {actual}")
        yield account
        return
    ours = not _status(base, root)["running"]
    if ours:
        base |= {"RUBRIC_LOCAL_DIR": str(folder / "local-aws"), "RUBRIC_LOCAL_PORT": str(free_port())}
    try:
        if ours:
            _local(base, root, "up")
        yield Place(region=settings.region, environment=_pointed(base, root), is_local=True)
    finally:
        if ours:
            _local(base, root, "down")
            shutil.rmtree(folder / "local-aws", ignore_errors=True)


def _environment(root: Path) -> dict[str, str]:
    path = os.pathsep.join([str(root / ".venv/bin"), str(root / "node_modules/.bin"), os.environ.get("PATH", "")])
    # A key or an environment of one's own must not take part.
    kept = {name: value for name, value in os.environ.items() if name not in ("RUBRIC_API_KEY", "RUBRIC_ENV")}
    return {**kept, "PATH": path, "CDK_DISABLE_CLI_TELEMETRY": "true", "NO_COLOR": "1", "COLUMNS": "160"}


def _status(environment: Mapping[str, str], root: Path) -> dict[str, Any]:
    return dict(json.loads(_local(environment, root, "status")))


def _pointed(environment: Mapping[str, str], root: Path) -> dict[str, str]:
    """The variables after the lines that `make local-env` prints."""
    variables = dict(environment)
    for line in _local(environment, root, "env").splitlines():
        word, *words = shlex.split(line)
        if word == "unset":
            for name in words:
                variables.pop(name, None)
        else:
            variables |= {name: value for name, _, value in (each.partition("=") for each in words)}
    # No profile of one's own account may reach the local AWS.
    return variables | {"AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_CONFIG_FILE": os.devnull}


def _local(environment: Mapping[str, str], root: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "local", *arguments]
    # In its own session: Ctrl-C is for the run, which goes on to destroy what it deployed.
    done = subprocess.run(
        command,
        cwd=root,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    if done.returncode:
        raise UsageError(f"The local AWS: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
