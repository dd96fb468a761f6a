"""Promotions and rollbacks, from their turns, and approvals from the registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.deployment import buckets
from contracts.deployment.pipeline import SETTLING
from ops.deployment.cloud import Cloud
from ops.history.event import APPROVAL, PROMOTION, ROLLBACK, Event, happened
from ops.models import promotions, registry
from ops.models.promotions import Promotion


def of_promotions(cloud: Cloud) -> Iterator[Event]:
    """What was asked for, and how it ended."""
    live = promotions.history(cloud)
    numbers = {each.number for each in live}
    for each in [*(one for one in promotions.older(cloud) if one.number not in numbers), *live]:
        yield from _of(each)


def _of(each: Promotion) -> Iterator[Event]:
    kind = ROLLBACK if each.rollback else PROMOTION
    version, before = _name(each.artifact_uri), _name(each.previous)
    details = {
        "number": each.number,
        "execution": each.execution,
        "previous": before,
        "outcome": each.outcome,
        "requests": each.requests,
        "tested": each.tested,
    }
    by = each.cause
    if each.execution.startswith(SETTLING):
        what = f"the approved model was set to {version}, which serves: {each.reason}"
        yield from happened(each.ended or each.at, PROMOTION, what, by=by, about=version, details=details)
        return
    instead = f" instead of {before}" if before and before != version else ""
    verb = "going back to" if each.rollback else "rolling out"
    yield from happened(each.at, kind, f"{verb} {version}{instead}", by=by, about=version, details=details)
    if not each.outcome:
        return
    why = f": {each.reason}" if each.reason else ""
    ended = {
        "served": f"{version} serves{why}",
        "taken back": f"{version} was taken back, and {before or 'no model'} serves{why}",
        "refused": f"{version} was refused{why}",
        "failed": f"{version} was not rolled out{why}",
        "approved": f"{version} is approved{why}",
        "interrupted": f"the promotion of {version} was stopped{why}",
    }
    what = ended.get(each.outcome, f"{version}: {each.outcome}{why}")
    yield from happened(each.ended, kind, what, by=by, about=version, details=details)


def _name(artifact_uri: str) -> str:
    return buckets.model_version(artifact_uri) or artifact_uri


def of_approvals(cloud: Cloud) -> Iterator[Event]:
    """Each registered model, and the last change of its approval."""
    sagemaker = cloud.client("sagemaker")
    for model in registry.models(cloud, count=100):
        package: dict[str, Any] = sagemaker.describe_model_package(ModelPackageName=model.arn)
        yield from happened(
            model.created,
            APPROVAL,
            f"{model.version} was registered as version {model.number}",
            by=_user(package.get("CreatedBy")) or "its training run",
            about=model.version,
            details={"arn": model.arn},
        )
        changed = package.get("LastModifiedTime")
        if changed and changed != model.created:
            note = str(package.get("ApprovalDescription") or "")
            yield from happened(
                changed,
                APPROVAL,
                f"{model.version} is {model.approval}{f': {note}' if note else ''}",
                by=_user(package.get("LastModifiedBy")),
                about=model.version,
                details={"arn": model.arn, "approval": model.approval},
            )


def _user(context: Any) -> str:
    """Who changed a package: `UserContext` of SageMaker's API reference."""
    if not isinstance(context, dict):
        return ""
    identity = context.get("IamIdentity") or {}
    return str(identity.get("Arn") or context.get("UserProfileName") or context.get("UserProfileArn") or "")
