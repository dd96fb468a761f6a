"""An environment in its AWS account: its settings, its stacks and its AWS clients."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from environments.settings import Settings, SettingsError, load
from ops.deployment.stacks import Stacks, read
from ops.errors import UNREACHABLE, OpsError

ROOT = Path(__file__).resolve().parents[2]
LOCAL_ACCOUNT = "000000000000"
_CONFIG = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 3})


class Cloud:
    """Where an environment is deployed. `env` is its name. Respects AWS_ENDPOINT_URL."""

    def __init__(self, env: str, *, root: Path = ROOT) -> None:
        self.env = env
        self._root = root
        self._clients: dict[str, Any] = {}

    @cached_property
    def settings(self) -> Settings:
        """The environment's settings. Raises OpsError with the reason if they are invalid."""
        try:
            return load(self.env, root=self._root)
        except SettingsError as error:
            raise OpsError(str(error)) from None

    @property
    def file(self) -> str:
        """The environment's file, as messages name it."""
        return self.env if self.env.endswith((".yaml", ".yml")) else f"environments/{self.env}.yaml"

    @property
    def is_local(self) -> bool:
        """Whether calls go to the local AWS on this machine."""
        return bool(os.environ.get("AWS_ENDPOINT_URL"))

    @property
    def partition(self) -> str:
        """The partition of the environment's region, as in ARNs: aws, aws-cn, aws-us-gov."""
        return str(self._session.get_partition_for_region(self.settings.region))

    @cached_property
    def stacks(self) -> Stacks:
        """The deployed stacks, read once."""
        settings = self.settings
        return read(
            self.client("cloudformation"),
            env=self.env,
            name_of=settings.stack_name,
            trained=settings.classifier.trained,
        )

    def caller(self) -> str:
        """The ARN of whoever runs the command, for records of who asked for what."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    def client(self, service: str, *, region: str | None = None, config: Config | None = None) -> Any:
        """A boto3 client in the environment's region, or in another. config: time limits and retries."""
        if self.settings.account == LOCAL_ACCOUNT and not self.is_local:
            raise OpsError(
                f"Environment {self.env!r} is on the local AWS, whose address is not set: "
                'eval "$(make -s local-env)" and try again',
                status=UNREACHABLE,
            )
        if config or region:
            return self._session.client(service, region_name=region, config=config or _CONFIG)
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=_CONFIG)
        return self._clients[service]

    @cached_property
    def _session(self) -> Any:
        """One session for all clients, so credentials are resolved once."""
        return boto3.Session(region_name=self.settings.region)
