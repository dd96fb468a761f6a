"""Where things are in the account: names and ARNs of an environment's stacks and of the CDK's bootstrap."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import region_info

from environments.settings import Settings

# CDK guide, "Customize CDK bootstrapping": the qualifier that bootstrap uses unless told another.
_DEFAULT_QUALIFIER = "hnb659fds"


@dataclass(frozen=True, kw_only=True)
class Place:
    """An account as ARNs name it: with CloudFormation's pseudo parameters where the settings leave it open."""

    partition: str
    account: str
    qualifier: str

    def arn(self, service: str, resource: str, *, region: str = "", account: str | None = None) -> str:
        """An ARN; account "" for services whose ARNs have none."""
        return f"arn:{self.partition}:{service}:{region}:{self.account if account is None else account}:{resource}"

    def stacks(self, settings: Settings) -> str:
        """A pattern of the ARNs of an environment's stacks. The last part is an id of CloudFormation's."""
        return self.arn("cloudformation", f"stack/{settings.stack_name('*')}/*", region=settings.region)

    def table(self, settings: Settings, *, logical_id: str) -> str:
        """A pattern of the ARN of a table of the Data stack, whose name CloudFormation makes of its logical id."""
        name = f"{settings.stack_name('Data')}-{logical_id}*"
        return self.arn("dynamodb", f"table/{name}", region=settings.region)

    def bootstrap_role(self, kind: str, *, region: str) -> str:
        """The ARN of one of bootstrap's roles: `deploy`, `file-publishing`, `image-publishing`, `cfn-exec`."""
        return self.arn("iam", f"role/cdk-{self.qualifier}-{kind}-role-{self.account}-{region}")

    def asset_bucket(self, *, region: str) -> str:
        """The ARN of bootstrap's bucket."""
        return self.arn("s3", f"cdk-{self.qualifier}-assets-{self.account}-{region}", account="")

    @property
    def bootstrap_version(self) -> str:
        """The SSM parameter that holds bootstrap's version."""
        return f"/cdk-bootstrap/{self.qualifier}/version"


def place(*, region: str, root: Path) -> Place:
    """The account that the stack is deployed into. region: one of its regions, which says the partition."""
    context = json.loads((root / "cdk.json").read_text(encoding="utf-8")).get("context", {})
    qualifier = str(context.get("@aws-cdk/core:bootstrapQualifier", _DEFAULT_QUALIFIER))
    partition = region_info.RegionInfo.get(region).partition
    return Place(partition=partition or "${AWS::Partition}", account="${AWS::AccountId}", qualifier=qualifier)
