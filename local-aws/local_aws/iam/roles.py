"""Roles and policies as MiniStack stores them."""

from collections.abc import Mapping, Sequence
from typing import Any

from local_aws import private_api
from local_aws.iam.access import Documents, Role
from local_aws.iam.policies import Decision, Document, Request, decide
from local_aws.iam.principals import Caller, names_service

_ROLES = private_api.declare("ministack.services.iam", "_roles", "read a role's policies")
_MANAGED = private_api.declare(
    "ministack.core.iam_evaluator",
    "_resolve_managed_policy_document",
    "read a managed policy of a role",
    takes=("policy_arn", "account_id"),
)
_BUCKET_POLICY = private_api.declare(
    "ministack.services.s3", "bucket_policy_for_arn", "read a bucket's policy", takes=("resource_arn",)
)
_KEY_POLICY = private_api.declare(
    "ministack.services.kms", "key_policy_for_arn", "read a key's policy", takes=("resource_arn",)
)


class RoleNotAssumableError(Exception):
    """The role does not exist, or its trust policy does not admit the service; the text is the role's ARN."""


def assume(arn: str, *, services: Sequence[str], source_arn: str, session: str) -> Role:
    """Assume a role as a service. Raises RoleNotAssumableError.

    services: the service's principals. source_arn: the resource that it acts for, passed on as aws:SourceArn. session:
    the session's name, as error messages show it.
    """
    record = _find(arn)
    account = arn.split(":")[4]
    request = Request("sts:AssumeRole", arn, {"aws:sourcearn": source_arn, "aws:sourceaccount": account})
    trust = record.get("AssumeRolePolicyDocument") or "{}" if record else "{}"
    if decide([trust], request, speaks_of=names_service(*services)) is not Decision.ALLOWED:
        raise RoleNotAssumableError(arn)
    name = arn.rsplit("/", 1)[-1]
    caller = Caller(account=account, arn=arn, session=f"arn:aws:sts::{account}:assumed-role/{name}/{session}")
    return Role(caller, _documents(arn, account))


def _documents(arn: str, account: str) -> Documents:
    """Read the policies again for every request, so a change or removal takes effect immediately."""

    def managed(policy_arn: str) -> Document | None:
        document: Document | None = _MANAGED.get()(policy_arn, account)
        return document

    def identity() -> list[Document]:
        record = _find(arn) or {}
        attached = [managed(policy) for policy in record.get("AttachedPolicies", [])]
        return [*(record.get("InlinePolicies") or {}).values(), *(document for document in attached if document)]

    def boundary() -> list[Document] | None:
        limit = (_find(arn) or {}).get("PermissionsBoundary")
        if not limit:
            return None
        document = managed(limit)
        return [document] if document else []

    return Documents(identity, boundary, _policy_of)


def _policy_of(resource: str) -> Document | None:
    """Return a bucket's or key's policy; no other resource has one that matters for a service's calls here."""
    kind = resource.split(":")[2] if resource.startswith("arn:") else ""
    lookup = {"s3": _BUCKET_POLICY, "kms": _KEY_POLICY}.get(kind)
    answer = lookup.get()(resource) if lookup is not None else None
    return answer[0] or None if answer is not None else None


def _find(arn: str) -> Mapping[str, Any] | None:
    """Find the role with exactly this ARN, including its path."""
    record: Mapping[str, Any] | None = _ROLES.get().get(arn.rsplit("/", 1)[-1])
    return record if record is not None and record["Arn"] == arn else None
