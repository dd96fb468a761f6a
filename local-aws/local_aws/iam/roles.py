"""Roles and policies as MiniStack stores them."""

from collections.abc import Mapping, Sequence
from typing import Any

from local_aws import private_api
from local_aws.iam.access import Documents, Role
from local_aws.iam.matching import Context
from local_aws.iam.policies import Decision, Document, Request, decide
from local_aws.iam.principals import Caller, names_account, names_role, names_service

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

_KEY = private_api.declare("ministack.services.kms", "_resolve_key", "read a key's tags")


class RoleNotAssumableError(Exception):
    """The role does not exist, or its trust policy does not admit the service; the text is the role's ARN."""


def assume(arn: str, *, services: Sequence[str], source_arn: str, session: str) -> Role:
    """Assume a role as a service. Raises RoleNotAssumableError.

    services: the service's principals. source_arn: the resource that it acts for, passed on as aws:SourceArn. session:
    the session's name, as error messages show it.
    """
    found = record(arn)
    account = arn.split(":")[4]
    request = Request("sts:AssumeRole", arn, {"aws:sourcearn": source_arn, "aws:sourceaccount": account})
    trust = found.get("AssumeRolePolicyDocument") or "{}" if found else "{}"
    if decide([trust], request, speaks_of=names_service(*services)) is not Decision.ALLOWED:
        raise RoleNotAssumableError(arn)
    name = arn.rsplit("/", 1)[-1]
    caller = Caller(account=account, arn=arn, session=f"arn:aws:sts::{account}:assumed-role/{name}/{session}")
    return Role(caller, _documents(arn, account))


def session(arn: str, *, session: str) -> Role:
    """Return a role as one of its sessions has it. session: the session's ARN."""
    account = arn.split(":")[4]
    return Role(Caller(account=account, arn=arn, session=session), _documents(arn, account))


def trusts(arn: str, *, caller: Caller) -> bool:
    """Whether a role's trust policy lets a role's session assume it: by its name, or by its account's."""
    found = record(arn)
    trust = found.get("AssumeRolePolicyDocument") or "{}" if found else "{}"
    request = Request("sts:AssumeRole", arn, {"aws:principalarn": caller.arn, "aws:principalaccount": caller.account})
    named = (decide([trust], request, speaks_of=each(caller)) for each in (names_role, names_account))
    decisions = set(named)
    return Decision.ALLOWED in decisions and Decision.DENIED not in decisions


def _documents(arn: str, account: str) -> Documents:
    """Read the policies again for every request, so a change or removal takes effect immediately."""

    def managed(policy_arn: str) -> Document | None:
        document: Document | None = _MANAGED.get()(policy_arn, account)
        return document

    def identity() -> list[Document]:
        found = record(arn) or {}
        attached = [managed(policy) for policy in found.get("AttachedPolicies", [])]
        return [*(found.get("InlinePolicies") or {}).values(), *(document for document in attached if document)]

    def boundary() -> list[Document] | None:
        limit = (record(arn) or {}).get("PermissionsBoundary")
        if not limit:
            return None
        document = managed(limit)
        return [document] if document else []

    return Documents(identity, boundary, _policy_of, _tags_of)


def _policy_of(resource: str) -> Document | None:
    """Return a bucket's or key's policy; no other resource has one that matters for a service's calls here."""
    kind = resource.split(":")[2] if resource.startswith("arn:") else ""
    lookup = {"s3": _BUCKET_POLICY, "kms": _KEY_POLICY}.get(kind)
    answer = lookup.get()(resource) if lookup is not None else None
    return answer[0] or None if answer is not None else None


def _tags_of(resource: str) -> Context:
    """Return a key's tags as condition keys (KMS developer guide, "ABAC for AWS KMS")."""
    if not resource.startswith("arn:") or resource.split(":")[2] != "kms":
        return {}
    key = _KEY.get()(resource) or {}
    return {f"aws:resourcetag/{tag['TagKey']}".lower(): str(tag["TagValue"]) for tag in key.get("Tags", [])}


def record(arn: str) -> Mapping[str, Any] | None:
    """Find the role with exactly this ARN, including its path."""
    found: Mapping[str, Any] | None = _ROLES.get().get(arn.rsplit("/", 1)[-1])
    return found if found is not None and found["Arn"] == arn else None
