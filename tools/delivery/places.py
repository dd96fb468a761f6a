"""Where an environment is deployed, as whom: clients with the bootstrap's roles, which the assembly names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError

from tools.delivery.assembly import AssemblyStack
from tools.delivery.errors import USAGE, DeliveryError

_CONFIG = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 5})


class Place:
    """The account and region of an environment's stacks."""

    def __init__(self, stacks: Sequence[AssemblyStack]) -> None:
        self._stack = stacks[0]

    @cached_property
    def cloudformation(self) -> Any:
        """CloudFormation, as the bootstrap's deploy role."""
        return self._as(self._stack.deploy_role).client("cloudformation", config=_CONFIG)

    @cached_property
    def s3(self) -> Any:
        """S3, as the bootstrap's role that uploads assets: it may write to the bootstrap's bucket, and nowhere else."""
        return self._as(self._stack.publish_role).client("s3", config=_CONFIG)

    def as_caller(self) -> Place:
        """The same place with one's own credentials, for a role that may not take the bootstrap's."""
        return Place([replace(self._stack, deploy_role=None, publish_role=None)])

    @property
    def execution_role(self) -> str | None:
        """The ARN of the bootstrap's role with which CloudFormation deploys."""
        role = self._stack.execution_role
        return role and self._filled(role)

    @property
    def bucket(self) -> str:
        """The bootstrap's bucket."""
        return self._filled(self._stack.bucket)

    @cached_property
    def caller(self) -> str:
        """Who runs this, for those whom the lock keeps waiting."""
        return str(self._identity["Arn"])

    @cached_property
    def _own(self) -> boto3.Session:
        return boto3.Session(region_name=self._stack.region)

    @cached_property
    def _identity(self) -> dict[str, Any]:
        try:
            identity = dict(self._own.client("sts", config=_CONFIG).get_caller_identity())
        except (ClientError, BotoCoreError) as error:
            raise DeliveryError(f"AWS does not answer with these credentials: {error}", status=USAGE) from None
        if self._stack.account not in (None, identity["Account"]):
            raise DeliveryError(
                f"{self._stack.name} is deployed in account {self._stack.account}, and these credentials are of "
                f"{identity['Account']}: use that account's",
                status=USAGE,
            )
        return identity

    def _filled(self, text: str) -> str:
        partition = self._own.get_partition_for_region(self._stack.region)
        known = {"Partition": partition, "AccountId": self._identity["Account"], "Region": self._stack.region}
        for name, value in known.items():
            text = text.replace(f"${{AWS::{name}}}", value)
        return text

    def _as(self, role: str | None) -> boto3.Session:
        """A session as the role; as the CLI does, with one's own credentials where that role cannot be assumed."""
        account = self._identity["Account"]
        if role is None:
            return self._own
        sts = self._own.client("sts", config=_CONFIG)

        def assumed() -> dict[str, str]:
            given = sts.assume_role(RoleArn=self._filled(role), RoleSessionName=f"rubric-delivery-{account}")
            credentials = given["Credentials"]
            return {
                "access_key": credentials["AccessKeyId"],
                "secret_key": credentials["SecretAccessKey"],
                "token": credentials["SessionToken"],
                "expiry_time": credentials["Expiration"].isoformat(),
            }

        try:
            # A role that takes another has it for an hour (IAM user guide, "Methods to assume a role", role chaining);
            # a stack may take longer.
            credentials = RefreshableCredentials.create_from_metadata(
                metadata=assumed(), refresh_using=assumed, method="sts-assume-role"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDenied":  # also where the role does not exist
                return self._own
            raise DeliveryError(f"AWS does not give the role {self._filled(role)}: {error}") from None
        except BotoCoreError as error:
            raise DeliveryError(f"AWS does not give the role {self._filled(role)}: {error}") from None
        session = botocore.session.get_session()
        session._credentials = credentials
        return boto3.Session(botocore_session=session, region_name=self._stack.region)
