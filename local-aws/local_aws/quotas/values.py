"""The available quotas, under AWS's names, and their values.

A quota's value comes from the first of these that has one: `quotas.json` in the state folder, an increase granted by
RequestServiceQuotaIncrease, the default. `quotas.json` is an object {name: number}, read at each request; null removes
a quota. The local AWS does not create the file.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.common import shapes
from local_aws.common.errors import ApiError

FILE = "quotas.json"
# Generous, and the same for all types; on AWS, an account's own values depend on the account.
_INSTANCES = 50
_USES = (
    ("TrainingInstanceType", ("training", "spot training")),
    ("TransformInstanceType", ("transform",)),
)
SERVICES = {
    "sagemaker": "Amazon SageMaker",
    "codebuild": "AWS CodeBuild",
    "dynamodb": "Amazon DynamoDB",
    "lambda": "AWS Lambda",
}


@dataclass(frozen=True)
class Quota:
    """A quota, identified by its service's code and its name."""

    service: str
    name: str
    default: float
    unit: str = "None"

    @property
    def code(self) -> str:
        """Return a code in AWS's format that is not one of AWS's codes."""
        return "L-" + hashlib.sha256(f"{self.service} {self.name}".encode()).hexdigest()[:8].upper()


def defaults(service: str) -> list[Quota]:
    """Return a service's quotas with their initial values. Raises ApiError if the service has none here."""
    if service == "sagemaker":
        return _sagemaker()
    if service == "codebuild":
        return [Quota(service, "Concurrently running builds for Linux/Small environment", 60)]
    if service == "dynamodb":
        return [Quota(service, f"Table-level {kind} throughput limit", 40_000) for kind in ("read", "write")]
    if service == "lambda":
        return [Quota(service, "Concurrent executions", 20_000)]
    raise ApiError("NoSuchResourceException", f"The request failed because the service {service} does not exist.")


def overrides(folder: Path) -> Mapping[str, float | None]:
    """Return the content of quotas.json. Raises ApiError if it is not an object of numbers."""
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        values = None
    if not isinstance(values, dict) or any(isinstance(value, str | list | dict) for value in values.values()):
        raise ApiError("ServiceException", f"{path} must be a JSON object of numbers", 500)
    return values


def as_answer(quota: Quota, value: float, *, scope: tuple[str, str]) -> dict[str, Any]:
    """Return the quota as a ServiceQuota of AWS's API."""
    account, region = scope
    return {
        "ServiceCode": quota.service,
        "ServiceName": SERVICES[quota.service],
        "QuotaArn": f"arn:aws:servicequotas:{region}:{account}:{quota.service}/{quota.code}",
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": value,
        "Unit": quota.unit,
        "Adjustable": True,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def _sagemaker() -> list[Quota]:
    quotas = [
        Quota("sagemaker", f"{instance} for {use} job usage", _INSTANCES)
        for shape, uses in _USES
        for instance in _types(shape)
        for use in uses
    ]
    quotas += [
        Quota("sagemaker", f"{instance} for endpoint usage", _INSTANCES)
        for instance in _types("ProductionVariantInstanceType")
    ]
    return [
        *quotas,
        *(
            Quota("sagemaker", f"Number of instances across {which}", _INSTANCES)
            for which in ("active endpoints", "all training jobs", "all spot training jobs", "all transform jobs")
        ),
        Quota(
            "sagemaker",
            "Maximum total concurrency that can be allocated across all serverless endpoints",
            _INSTANCES,
        ),
    ]


def _types(shape: str) -> list[str]:
    return list(shapes.service_model("sagemaker").shape_for(shape).enum)
