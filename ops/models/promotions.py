"""How promotions ended, as recorded by the promote function, and what the endpoint serves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import buckets, stack_outputs
from contracts.deployment.pipeline import NO_STACK_YET, NOT_TESTED, SETTLING
from ops.deployment import served_model
from ops.deployment.cloud import Cloud
from ops.errors import code_of

SERVED = "served"
# The name of the execution with which a test promotes its challenger.
_OF_TEST = "ab-"
# The rollout began but its model does not serve; a refusal, or a rollout that never began, does not count.
_ROLLED_OUT_IN_VAIN = ("taken back", "interrupted")


@dataclass(frozen=True)
class Promotion:
    """A promotion's record.

    previous: the artifact that served at its start, "" for none. rollback: whether it was to replace that one as bad.
    outcome: "" while it lasts, `served` after a success. at, ended: seconds since 1970, 0.0 for not yet. by: who or
    what asked for it, "" if nobody said. tested, requests: what its model answered in its rollout, None where that was
    not counted.
    """

    number: int
    artifact_uri: str
    previous: str
    outcome: str
    rollback: bool = False
    reason: str = ""
    execution: str = ""
    by: str = ""
    at: float = 0.0
    ended: float = 0.0
    tested: bool | None = None
    requests: int | None = None

    @property
    def cause(self) -> str:
        """Who or what asked for it, for people; "" if nobody said."""
        if self.execution.startswith(SETTLING):
            return "the reconciler"
        name = self.execution.rsplit(":", 1)[-1]
        if not self.by and name.startswith(_OF_TEST):
            return f"the A/B test {name.removeprefix(_OF_TEST)}"
        if ":execution:" in self.by:
            return f"the training run {self.by.rsplit(':', 1)[-1]}"
        return self.by


def history(cloud: Cloud) -> list[Promotion]:
    """The recorded promotions, oldest first."""
    pages = cloud.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=cloud.settings.promotions_path)
    promotions = [
        _promotion(int(parameter["Name"].rsplit("/", 1)[-1]), json.loads(parameter["Value"]))
        for page in pages
        for parameter in page["Parameters"]
    ]
    return sorted(promotions, key=lambda each: each.number)


def older(cloud: Cloud) -> list[Promotion]:
    """The promotions whose parameters are deleted, oldest first."""
    bucket, s3 = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME), cloud.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=buckets.PROMOTIONS)
    keys = [str(each["Key"]) for page in pages for each in page.get("Contents", [])]
    return [
        _promotion(
            int(key.removeprefix(buckets.PROMOTIONS).removesuffix(".json")),
            json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()),
        )
        for key in sorted(keys)
    ]


def _promotion(number: int, record: dict[str, Any]) -> Promotion:
    # Until its first own check it keeps what the previous one, which was stopped, had observed.
    previous = record.get("believed") if record.get("previous") is None else record["previous"]
    return Promotion(
        number=number,
        artifact_uri=str(record.get("artifact_uri", "")),
        previous=str(previous or ""),
        outcome=str(record.get("outcome", "")),
        rollback=bool(record.get("rollback")),
        reason=str(record.get("reason", "")),
        execution=str(record.get("execution", "")),
        by=str(record.get("by", "")),
        at=float(record.get("at", 0.0)),
        ended=float(record.get("ended", 0.0)),
        tested=record.get("tested"),
        requests=record.get("requests"),
    )


def served(known: list[Promotion]) -> dict[str, bool]:
    """For each artifact that has served, the latest last: whether it served well, so was not taken or rolled back."""
    latest: dict[str, bool] = {}
    for each in known:
        if each.previous and each.previous not in latest:
            latest[each.previous] = True  # it served before it had a record
        if each.rollback and each.outcome == SERVED and each.previous != each.artifact_uri:
            latest[each.previous] = False
        if each.outcome == SERVED or each.outcome in _ROLLED_OUT_IN_VAIN:
            latest.pop(each.artifact_uri, None)
            latest[each.artifact_uri] = each.outcome == SERVED
    return latest


def waits_for_deploy(output: Mapping[str, Any]) -> bool:
    """Whether a successful promotion, by its output, only approved its model because there was no Serving stack."""
    results = [output.get(step) for step in ("rollout", "let_go")]
    return any(isinstance(each, dict) and each.get("reason") == NO_STACK_YET for each in results)


def said_of_its_test(output: Mapping[str, Any]) -> str:
    """What a successful promotion, by its output, says of a model that answered too few requests; else ""."""
    check = output.get("check")
    reason = str(check.get("reason", "")) if isinstance(check, dict) else ""
    return reason if reason.startswith(NOT_TESTED) else ""


def to_go_back_to(cloud: Cloud) -> set[str]:
    """The artifact that the promotion under way returns to if it fails; "" if there is none."""
    return {each.previous for each in history(cloud)[-1:] if not each.outcome and each.previous}


def serving_uri(cloud: Cloud) -> str:
    """The S3 URI of the artifact that the endpoint serves; "" if there is none or SageMaker does not know it."""
    name = cloud.stacks.get(stack_outputs.ENDPOINT_NAME)
    if not name:
        return ""
    sagemaker = cloud.client("sagemaker")
    try:
        model = sagemaker.describe_model(ModelName=served_model.read(sagemaker, endpoint=name).model)
    except ClientError as error:
        if code_of(error) != "ValidationException":
            raise
        return ""
    return str(model.get("PrimaryContainer", {}).get("ModelDataUrl", ""))
