"""Whether the account is ready for delivery: provider, roles, boundary, and whom the roles trust."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment.delivery import (
    AUDIENCE,
    BOOTSTRAP_COMMAND,
    ENVIRONMENT_SUBJECT,
    EXECUTION_POLICY_ARNS,
    ISSUER,
    in_region,
    output,
)
from environments.delivery import Delivered
from environments.settings import Settings
from ops.deployment import stacks
from ops.errors import code_of
from ops.preflight.finding import Finding, Verdict

ADMINISTRATOR = "AdministratorAccess"
_DEPLOY = "make account-deploy"
_FORMS = {
    "ids": "with the ids of owner and repository (created, renamed or transferred after 2026-07-15, or opted in)",
    "names": "with names only (created before 2026-07-15 and not opted in since)",
}


def subject(delivered: Delivered, *, settings: Settings) -> Finding:
    """Which subject the roles trust, and in which of GitHub's two forms."""
    what = (
        f"{delivered.file}: the roles trust {delivered.settings.source.deploying(settings.name)}, "
        f"the form {_FORMS[delivered.settings.subject]}"
    )
    return _finding("ok", what)


def partition(settings: Settings) -> list[Finding]:
    """A warning for regions whose partition the execution policies were not compared with."""
    if not settings.region.startswith(("us-gov-", "cn-")):
        return []
    what = f"the policies of a deploy were not compared with what AWS publishes for {settings.region}'s partition"
    return [_finding("warning", what, "deliver into an account without other resources first, and read what is denied")]


def boundary(iam: Any, *, settings: Settings, account: str, partition: str) -> list[Finding]:
    """Whether the policy is there that each role is to carry. Raises ClientError."""
    name = settings.permissions_boundary
    try:
        iam.get_policy(PolicyArn=f"arn:{partition}:iam::{account}:policy/{name}")
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
        return [_finding("refused", f"the account has no policy {name}, which permissions_boundary names", _DEPLOY)]
    return [_finding("ok", f"the permissions boundary {name} is there")]


def look(iam: Any, cloudformation: Any, *, delivered: Delivered, settings: Settings, role: str) -> list[Finding]:
    """What workflows need. cloudformation: in the region of the delivery stack; role: bootstrap's for CloudFormation.

    Raises ClientError.
    """
    outputs = deployed_outputs(cloudformation, name=delivered.stack_name)
    return [
        *provider(iam, delivered=delivered, deployed=outputs is not None),
        *roles(outputs, delivered=delivered, settings=settings),
        *execution(iam, role=role, outputs=outputs, settings=settings),
    ]


def provider(iam: Any, *, delivered: Delivered, deployed: bool) -> list[Finding]:
    """Whether the account's provider for GitHub is as the settings say. deployed: whether there is a delivery stack."""
    listed = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    found = next((each["Arn"] for each in listed if each["Arn"].endswith(f"oidc-provider/{ISSUER}")), None)
    wanted = delivered.settings.oidc_provider
    if found is None and wanted == "existing":
        what = f"the account has no identity provider {ISSUER}, and delivery.oidc_provider is existing"
        return [_finding("refused", what, f"set delivery.oidc_provider to create in {delivered.file}")]
    if found is not None and wanted == "create" and not deployed:
        what = f"the account has an identity provider {ISSUER} already, and can have one only"
        return [_finding("refused", what, f"set delivery.oidc_provider to existing in {delivered.file}")]
    if found is None:
        return []
    audiences = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=found)["ClientIDList"]
    if AUDIENCE not in audiences:
        what = f"the identity provider {ISSUER} does not take tokens for {AUDIENCE}"
        command = "aws iam add-client-id-to-open-id-connect-provider"
        todo = f"{command} --open-id-connect-provider-arn {found} --client-id {AUDIENCE}"
        return [_finding("refused", what, todo)]
    return [_finding("ok", f"the account has the identity provider {ISSUER}")]


def roles(outputs: dict[str, str] | None, *, delivered: Delivered, settings: Settings) -> list[Finding]:
    """Whether the deployed roles trust what the settings say. outputs: of the delivery stack, None without one."""
    if outputs is None:
        return [_finding("warning", f"the account has no {delivered.stack_name}: no workflow can deploy", _DEPLOY)]
    wanted = delivered.settings.source.deploying(settings.name)
    trusted = outputs.get(output(ENVIRONMENT_SUBJECT, settings.name))
    if trusted is None:
        return [_finding("warning", f"{delivered.stack_name} has no roles for {settings.name}", _DEPLOY)]
    if trusted != wanted:
        return [_finding("warning", f"the deployed roles trust {trusted}, and {delivered.file} says {wanted}", _DEPLOY)]
    return [_finding("ok", f"{delivered.stack_name} has the roles of {settings.name}")]


def execution(iam: Any, *, role: str, outputs: dict[str, str] | None, settings: Settings) -> list[Finding]:
    """Whether bootstrap's role for CloudFormation has the stack's policies alone. role: its ARN. Raises ClientError."""
    if outputs is None:
        return []
    name = role.rpartition("/")[2]
    command = outputs.get(in_region(BOOTSTRAP_COMMAND, settings.region), _DEPLOY)
    try:
        pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
        attached = [policy for page in pages for policy in page["AttachedPolicies"]]
        bounded = iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary")
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
        return []  # which the check of bootstrap says
    if ADMINISTRATOR in [policy["PolicyName"] for policy in attached]:
        return [_finding("warning", f"{name}, with which CloudFormation deploys, has {ADMINISTRATOR}", command)]
    if not bounded:
        return [_finding("warning", f"{name}, with which CloudFormation deploys, has no permissions boundary", command)]
    # A change of the templates may need one policy more, which only bootstrap attaches.
    lacks = set(filter(None, outputs.get(EXECUTION_POLICY_ARNS, "").split(","))) - {
        policy["PolicyArn"] for policy in attached
    }
    if lacks:
        missing = ", ".join(sorted(arn.rpartition("/")[2] for arn in lacks))
        return [_finding("warning", f"{name}, with which CloudFormation deploys, lacks {missing}", command)]
    return [_finding("ok", f"{name} has {len(attached)} policies of its own, and a boundary")]


def deployed_outputs(cloudformation: Any, *, name: str) -> dict[str, str] | None:
    """The outputs of the delivery stack; None where there is none. Raises ClientError."""
    stack = stacks.described(cloudformation, name)
    return None if stack is None else {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def _finding(verdict: Verdict, what: str, todo: str = "") -> Finding:
    return Finding(area="delivery", verdict=verdict, what=what, todo=todo)
