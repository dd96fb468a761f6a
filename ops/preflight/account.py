"""Which identity the credentials belong to, and whether it is in the environment's account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from environments.settings import Settings
from ops.deployment.cloud import Cloud
from ops.errors import REGION_OR_KEYS, UNREACHABLE, OpsError, code_of, from_aws
from ops.preflight.finding import Finding
from ops.preflight.runner import QUICK

_OPEN = ("ENABLED", "ENABLED_BY_DEFAULT")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The calling identity: 12-digit account and ARN."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        return self.arn.split(":")[1]


def identify(cloud: Cloud) -> Caller:
    """The calling identity. Raises OpsError with the remedy if the credentials do not work or nothing answers."""
    try:
        answer = cloud.client("sts", config=QUICK).get_caller_identity()
    except ClientError as error:
        if code_of(error) in REGION_OR_KEYS:
            region = cloud.settings.region
            raise OpsError(
                f"AWS does not accept these credentials in {region}: they are invalid or deactivated, or the region is "
                f"not enabled in their account (aws account enable-region --region-name {region})",
                status=UNREACHABLE,
            ) from None
        raise from_aws(error) from None
    except BotoCoreError as error:
        raise from_aws(error) from None
    return Caller(account=answer["Account"], arn=answer["Arn"])


def judge(caller: Caller, *, settings: Settings, file: str) -> Finding:
    """Whether the credentials belong to the account in the settings."""
    if settings.account not in (None, caller.account):
        what = f"the credentials belong to account {caller.account}, but {file} names {settings.account}"
        todo = "use credentials of that account (AWS_PROFILE=...), or correct `account` in the file"
        return Finding(area="account", verdict="refused", what=what, todo=todo)
    return Finding(area="account", verdict="ok", what=f"{caller.account} in {settings.region}, as {caller.arn}")


def region(client: Any, *, settings: Settings) -> list[Finding]:
    """Whether the account may use the region (account:GetRegionOptStatus). Raises ClientError."""
    name = settings.region
    status = client.get_region_opt_status(RegionName=name)["RegionOptStatus"]
    if status in _OPEN:
        return [Finding(area="region", verdict="ok", what=f"{name} is enabled in the account")]
    what = f"{name} is not enabled in the account: {status.lower()}"
    todo = f"aws account enable-region --region-name {name}, and wait until it is enabled; or choose another region"
    return [Finding(area="region", verdict="refused", what=what, todo=todo)]
