"""Whether the region is bootstrapped for the CDK, with a recent enough version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from environments.settings import Settings
from ops.errors import code_of
from ops.preflight.finding import Finding

# The version that the stacks' cloud assembly requires: `requiresBootstrapStackVersion`.
OLDEST = 6
_DEFAULT_QUALIFIER = "hnb659fds"


def qualifier(root: Path) -> str:
    """The bootstrap qualifier from cdk.json, or the CDK's default."""
    context = json.loads((root / "cdk.json").read_text(encoding="utf-8")).get("context", {})
    return str(context.get("@aws-cdk/core:bootstrapQualifier", _DEFAULT_QUALIFIER))


def execution_role(settings: Settings, *, account: str, partition: str, root: Path) -> str:
    """The ARN of the role with which CloudFormation deploys the stacks."""
    name = f"cdk-{qualifier(root)}-cfn-exec-role-{account}-{settings.region}"
    return f"arn:{partition}:iam::{account}:role/{name}"


def look(ssm: Any, *, settings: Settings, env: str, root: Path) -> list[Finding]:
    """Check the version that bootstrap stored in SSM (AWS CDK, "Bootstrap template versions"). Raises ClientError."""
    name = f"/cdk-bootstrap/{qualifier(root)}/version"
    command = f"make bootstrap ENV={env}"
    try:
        version = int(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        what = f"{settings.region} is not bootstrapped for the CDK: SSM has no {name}"
        return [Finding(area="bootstrap", verdict="refused", what=what, todo=command)]
    if version < OLDEST:
        what = f"the CDK's bootstrap stack has version {version}; {OLDEST} is needed"
        return [Finding(area="bootstrap", verdict="refused", what=what, todo=command)]
    return [Finding(area="bootstrap", verdict="ok", what=f"the CDK's bootstrap stack has version {version}")]
