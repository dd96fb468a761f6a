"""Compares the account's Service Quotas with what an environment needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from environments.aws import instance_regions
from environments.settings import Settings
from ops.preflight.finding import Finding, Verdict
from ops.preflight.needs import Need

SERVICE_NAMES = {
    "sagemaker": "Amazon SageMaker",
    "codebuild": "AWS CodeBuild",
    "dynamodb": "Amazon DynamoDB",
    "lambda": "AWS Lambda",
    "vpc": "Amazon Virtual Private Cloud (Amazon VPC)",
}


def look(client: Any, *, service: str, wanted: list[Need], settings: Settings) -> list[Finding]:
    """A finding for each need of one service. Raises ClientError.

    ListServiceQuotas leaves out quotas at their default value; those come from a second list.
    """
    quotas = _listed(client, "list_service_quotas", service)
    if not all(_find(need, quotas) for need in wanted):
        quotas += _listed(client, "list_aws_default_service_quotas", service)
    matched = [(need, _find(need, quotas)) for need in wanted]
    return [
        judge(need, quota, settings=settings) if quota else absent(need, settings=settings) for need, quota in matched
    ]


def judge(need: Need, quota: dict[str, Any], *, settings: Settings) -> Finding:
    """Whether a quota is large enough."""
    value = int(quota["Value"])
    verdict: Verdict = "ok"
    wanted, why = need.wanted, need.why
    if value < need.least:
        verdict = "refused"
    elif value < need.wanted:
        verdict = "warning"
        if need.least:
            why = f"{why}; {need.least} is enough to begin with"
    what = f"{need.name}: {value}" + ("" if verdict == "ok" else f", but {wanted} needed: {why}")
    todo = "" if verdict == "ok" else how_to_ask(quota, wanted, service=need.service, region=settings.region)
    return Finding(area="quotas", verdict=verdict, what=what, todo=todo)


def absent(need: Need, *, settings: Settings) -> Finding:
    """A finding for a quota that Service Quotas does not have in the region.

    For an instance type, this usually means that the region has no such instances; other quotas may have another name.
    """
    if need.use is None:
        what = f"{need.name}: Service Quotas has no quota of that name in {settings.region}"
        todo = f"look for it in the console (Service Quotas, {SERVICE_NAMES[need.service]}): {need.wanted} needed"
        return Finding(area="quotas", verdict="unknown", what=what, todo=todo)
    own, use = need.instance_type, need.use
    known = instance_regions.listed(own, region=settings.region, use=use)
    what = f"{need.name}: Service Quotas has no such quota in {settings.region}"
    setting = "training.instance_type" if use == "training" else "serving.instance_type"
    if need.least and not known:
        what = f"{what}, nor has AWS's price list ({instance_regions.source()}) the instances"
        return Finding(area="quotas", verdict="refused", what=what, todo=f"choose another {setting}, or another region")
    todo = f"check that {settings.region} has {own} before you deploy, or choose another {setting}"
    return Finding(area="quotas", verdict="warning", what=what, todo=todo)


def how_to_ask(quota: dict[str, Any], value: int, *, service: str, region: str) -> str:
    """How to request a higher quota: the command, and the place in the console."""
    console = f"in the console: Service Quotas, {SERVICE_NAMES[service]}, {quota['QuotaName']}"
    if not quota.get("Adjustable", True):
        return f"it cannot be raised: use less, or another region ({console})"
    return (
        f"aws service-quotas request-service-quota-increase --service-code {service} "
        f"--quota-code {quota['QuotaCode']} --desired-value {value} --region {region} ({console})"
    )


def _listed(client: Any, operation: str, service: str) -> list[dict[str, Any]]:
    pages: Iterable[dict[str, Any]] = client.get_paginator(operation).paginate(
        ServiceCode=service, PaginationConfig={"PageSize": 100}
    )
    return [quota for page in pages for quota in page["Quotas"]]


def _find(need: Need, quotas: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((quota for quota in quotas if need.is_named(quota["QuotaName"]) and "Value" in quota), None)
