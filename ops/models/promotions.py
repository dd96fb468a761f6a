"""How promotions ended, as the promote function notes it, and what the endpoint serves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts import stack_outputs
from contracts.pipeline import NO_STACK_YET
from ops.deployment.cloud import Cloud
from ops.errors import code_of

SERVED = "served"
# A rollout began and its model does not serve; one that was refused or never began says nothing of the model.
_ROLLED_OUT_IN_VAIN = ("taken back", "interrupted")


@dataclass(frozen=True)
class Promotion:
    """A promotion's record. previous: the artifact that served as it began, "" for none. rollback: whether that one
    was given up on. outcome: "" while it lasts, `served` where it worked.
    """

    number: int
    artifact_uri: str
    previous: str
    outcome: str
    rollback: bool = False


def history(cloud: Cloud) -> list[Promotion]:
    """The promotions that are still known, the oldest first."""
    pages = cloud.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=cloud.settings.promotions_path)
    found = [_promotion(parameter) for page in pages for parameter in page["Parameters"]]
    return sorted(found, key=lambda each: each.number)


def _promotion(parameter: dict[str, Any]) -> Promotion:
    record = json.loads(parameter["Value"])
    # Until its own first look it believes what the one before, which was stopped, had found.
    previous = record.get("believed") if record.get("previous") is None else record["previous"]
    return Promotion(
        number=int(parameter["Name"].rsplit("/", 1)[-1]),
        artifact_uri=str(record.get("artifact_uri", "")),
        previous=str(previous or ""),
        outcome=str(record.get("outcome", "")),
        rollback=bool(record.get("rollback")),
    )


def served(known: list[Promotion]) -> dict[str, bool]:
    """Whether an artifact has served well, by artifact, the last one last: not where it was taken back or rolled back
    from since.
    """
    latest: dict[str, bool] = {}
    for each in known:
        if each.previous and each.previous not in latest:
            latest[each.previous] = True  # it served before anything was noted of it
        if each.rollback and each.outcome == SERVED and each.previous != each.artifact_uri:
            latest[each.previous] = False
        if each.outcome == SERVED or each.outcome in _ROLLED_OUT_IN_VAIN:
            latest.pop(each.artifact_uri, None)
            latest[each.artifact_uri] = each.outcome == SERVED
    return latest


def waits_for_deploy(output: Mapping[str, Any]) -> bool:
    """Whether a promotion that succeeded, by its output, has only approved its model: there was no Serving stack."""
    said = [output.get(step) for step in ("rollout", "let_go")]
    return any(isinstance(each, dict) and each.get("reason") == NO_STACK_YET for each in said)


def to_go_back_to(cloud: Cloud) -> set[str]:
    """The artifact that the promotion under way goes back to if it fails; none where there is none."""
    return {each.previous for each in history(cloud)[-1:] if not each.outcome and each.previous}


def serving_uri(cloud: Cloud) -> str:
    """The S3 URI of the artifact that the endpoint serves; "" where there is none, or SageMaker cannot tell."""
    name = cloud.stacks.get(stack_outputs.ENDPOINT_NAME)
    if not name:
        return ""
    sagemaker = cloud.client("sagemaker")
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    except ClientError as error:
        if code_of(error) != "ValidationException":
            raise
        return ""
    return str(model.get("PrimaryContainer", {}).get("ModelDataUrl", ""))
