"""Permissions of roles, and the reason for each wildcard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from stacks.shared.acknowledgements import accept

Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]


def allow(
    role: iam.Role, *actions: str, on: str | Sequence[str], when: Conditions | None = None, because: str | None = None
) -> None:
    """Let a role take actions on resources.

    on: ARNs. because: why an ARN has a wildcard; required if one has, refused if none has.
    """
    resources = [on] if isinstance(on, str) else list(on)
    wild = [text for text in (flat(cdk.Stack.of(role).resolve(resource)) for resource in resources) if "*" in text]
    if bool(wild) != (because is not None):
        raise ValueError(f"{role.node.path} on {resources}: give `because` for a wildcard, and only then")
    conditions = {operator: dict(keys) for operator, keys in (when or {}).items()}
    role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=resources, conditions=conditions))
    for text in wild:
        accept(role, f"IAM5[Resource::{text}]", because=because or "")


def keep_waiting(role: iam.Role, parameter: str) -> None:
    """Let a role keep a request in a parameter, encrypted with AWS's own key, which all roles of the account may use.

    Source: Systems Manager User Guide, "Restricting decryption of SecureString parameter values".
    """
    arn = cdk.Stack.of(role).format_arn(service="ssm", resource="parameter", resource_name=parameter.removeprefix("/"))
    allow(role, "ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter", on=arn)


def use_key(role: iam.Role, key_arn: str | None) -> None:
    """Let a role read and write data encrypted with a key; does nothing if there is no key of ours."""
    if key_arn is not None:
        allow(role, "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", on=key_arn)


def read_with_keys(role: iam.Role, key_arns: Sequence[str]) -> None:
    """Let a role read data encrypted with other people's keys."""
    if key_arns:
        allow(role, "kms:Decrypt", on=key_arns)


def read_asset(role: iam.Role, asset: assets.Asset) -> None:
    """Let a role read one uploaded file, not the whole bucket of uploads."""
    allow(role, "s3:GetObject", on=asset.bucket.arn_for_objects(asset.s3_object_key))


def service_role(
    scope: Construct,
    name: str,
    *,
    service: str,
    description: str,
    same_account: bool = True,
    on_behalf_of: str | None = None,
) -> iam.Role:
    """A role for one service, without any permission yet.

    same_account: only on behalf of this account. on_behalf_of: only on behalf of resources with this ARN, which may
    have `*`, for services whose guide shows their roles with it.
    """
    conditions: dict[str, dict[str, str]] = {}
    if on_behalf_of is not None:
        conditions["ArnLike"] = {"aws:SourceArn": on_behalf_of}
    elif same_account:
        conditions["StringEquals"] = {"aws:SourceAccount": cdk.Stack.of(scope).account}
    principal = iam.ServicePrincipal(service, conditions=conditions or None)
    return iam.Role(scope, name, assumed_by=principal, description=description)


def flat(value: Any) -> str:
    """A resolved CloudFormation value as cdk-nag writes it: `<Bucket.Arn>/models/*`."""
    if isinstance(value, str):
        return value.replace("${", "<").replace("}", ">")
    text = json.dumps(value, separators=(",", ":"))
    match value:
        case {"Fn::Join": [separator, parts]}:
            text = str(separator).join(flat(part) for part in parts)
        case {"Fn::Sub": inner}:
            text = flat(inner)
        case {"Fn::GetAtt": [resource, attribute]}:
            text = f"<{resource}.{attribute}>"
        case {"Fn::ImportValue": name}:
            text = flat(name)
        case {"Ref": name}:
            text = f"<{name}>"
    return text
