"""The model registry: versions with their figures and state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from botocore.exceptions import ClientError

from contracts.deployment import buckets, stack_outputs
from contracts.models.evaluation import JudgedEvaluation
from ops.deployment import executions
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, OpsError, code_of
from ops.models import promotions

APPROVED, REJECTED = "Approved", "Rejected"


@dataclass(frozen=True)
class Model:
    """A registered model. `version` is its training job's name; `figures` are the registry's strings.

    `card` is the model card's content as a JSON string; "" if the package has none.
    """

    arn: str
    number: int
    version: str
    artifact_uri: str
    evaluation_uri: str
    approval: str
    created: datetime
    figures: dict[str, str]
    card: str = ""

    @property
    def champion(self) -> str | None:
        """What the gate compared it with: a location, or only the version in older packages; None if unknown."""
        return self.figures.get("champion") or self.figures.get("compared_with")

    def figure(self, name: str) -> float | None:
        """A figure as a number, such as `accuracy`; None if the registry has none."""
        try:
            return float(self.figures[name])
        except (KeyError, ValueError):
            return None


def approved_uri(cloud: Cloud) -> str:
    """The S3 URI of the model to serve; "" while none has been approved."""
    name = cloud.stacks.need(stack_outputs.APPROVED_MODEL_PARAMETER_NAME)
    try:
        return str(cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        return ""


def approved_version(cloud: Cloud) -> str:
    """The version of the model to serve; "" while there is none."""
    return buckets.model_version(approved_uri(cloud))


def _model(cloud: Cloud, arn: str) -> Model:
    answer = cloud.client("sagemaker").describe_model_package(ModelPackageName=arn)
    container = answer["InferenceSpecification"]["Containers"][0]
    statistics = answer.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {})
    figures = dict(answer.get("CustomerMetadataProperties", {}))
    if "gate" in figures:  # the metadata has it cut and without punctuation; the description has the whole sentence
        figures["gate"] = answer.get("ModelPackageDescription") or figures["gate"]
    artifact_uri = container.get("ModelDataUrl", "")
    return Model(
        arn=arn,
        number=int(answer.get("ModelPackageVersion", 0)),
        version=buckets.model_version(artifact_uri) or figures.get("model_version", ""),
        artifact_uri=artifact_uri,
        evaluation_uri=statistics.get("S3Uri", ""),
        approval=answer["ModelApprovalStatus"],
        created=answer["CreationTime"],
        figures=figures,
        card=answer.get("ModelCard", {}).get("ModelCardContent", ""),
    )


def models(cloud: Cloud, *, count: int) -> list[Model]:
    """The newest `count` registered models, newest first."""
    group = cloud.stacks.need(stack_outputs.MODEL_PACKAGE_GROUP_NAME)
    paginator = cloud.client("sagemaker").get_paginator("list_model_packages")
    pages = paginator.paginate(
        ModelPackageGroupName=group,
        SortBy="CreationTime",
        SortOrder="Descending",
        PaginationConfig={"MaxItems": count},
    )
    arns = [item["ModelPackageArn"] for page in pages for item in page["ModelPackageSummaryList"]]
    return sorted((_model(cloud, arn) for arn in arns), key=lambda model: (model.created, model.number), reverse=True)


def find(cloud: Cloud, version: str) -> Model:
    """A model by version, registry number or ARN; "serving" for the approved one in use."""
    everything = models(cloud, count=100)
    wanted = approved_version(cloud) if version == "serving" else version
    for model in everything:
        if wanted and wanted in (model.version, model.arn, str(model.number)):
            return model
    known = ", ".join(model.version for model in everything[:3]) or "none yet"
    raise OpsError(f"There is no model {version!r} in the registry (newest: {known})", status=NOT_FOUND)


def set_approval(cloud: Cloud, model: Model, *, approval: str, note: str) -> None:
    """Approve or reject a model in the registry."""
    cloud.client("sagemaker").update_model_package(
        ModelPackageArn=model.arn, ModelApprovalStatus=approval, **({"ApprovalDescription": note} if note else {})
    )


def previous(cloud: Cloud) -> Model:
    """The last model that served well before the one in use. Raises OpsError if there is none.

    If legacy promotions left no record: the last approved model before it without a failed rollout.
    """
    serving, to_serve = promotions.serving_uri(cloud), approved_uri(cloud)
    in_use = serving or to_serve
    if not in_use:
        raise OpsError("No model is in use yet: `rubric train` trains one", status=NOT_FOUND)
    approved = [model for model in models(cloud, count=100) if model.approval == APPROVED]
    if to_serve not in ("", in_use):
        # A rollout is under way: go back to the model that still serves.
        still = next((model for model in approved if model.artifact_uri == in_use), None)
        if still is not None:
            return still
    known = promotions.history(cloud)
    well = promotions.served(known)
    for artifact_uri in reversed(well):
        earlier = next((model for model in approved if model.artifact_uri == artifact_uri), None)
        if earlier is not None and well[artifact_uri] and artifact_uri != in_use:
            return earlier
    current = next((model for model in approved if model.artifact_uri == in_use), None)
    if current is None:
        name = buckets.model_version(in_use) or in_use
        raise OpsError(f"The model in use, {name}, is not in the registry: name another with --to", status=NOT_FOUND)
    older = [model for model in approved if (model.created, model.number) < (current.created, current.number)]
    # A model whose promotions were all refused, or never began, has not served either.
    tried = {each.artifact_uri for each in known}
    unknown = [model for model in older if model.artifact_uri not in well and model.artifact_uri not in tried]
    if not unknown:
        raise OpsError(
            f"No other approved model has served well before {current.version}, the one in use: name one with --to",
            status=NOT_FOUND,
        )
    return unknown[0]


def evaluation(cloud: Cloud, model: Model) -> JudgedEvaluation:
    """The model's evaluation.json. Raises OpsError if it does not exist."""
    bucket, _, key = model.evaluation_uri.removeprefix("s3://").partition("/")
    if not key:
        raise OpsError(f"{model.version} was registered without an evaluation", status=NOT_FOUND)
    try:
        body = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if code_of(error) not in ("NoSuchKey", "404"):
            raise
        raise OpsError(f"{model.evaluation_uri} is gone", status=NOT_FOUND) from None
    try:
        return cast(JudgedEvaluation, dict(json.loads(body)))
    except (ValueError, TypeError, RecursionError):
        raise OpsError(f"{model.evaluation_uri} is not an evaluation") from None


def promote(cloud: Cloud, model: Model, *, champion: str | None, rollback: bool = False) -> str:
    """Start the promotion of an approved model. Returns the execution's ARN.

    champion: what must still serve for the gate's verdict to be valid; None to skip that check. rollback: the model in
    use is to be replaced as bad.
    """
    if model.approval != APPROVED:
        raise OpsError(f"{model.version} is {model.approval}: run `rubric models approve {model.version}` first")
    payload: dict[str, Any] = {
        "artifact_uri": model.artifact_uri,
        "model_package_arn": model.arn,
        "by": cloud.caller(),
    }
    if champion is not None:
        payload["champion"] = champion
    if rollback:
        payload["rollback"] = True
    return executions.start(
        cloud.client("stepfunctions"), machine=cloud.stacks.need(stack_outputs.PROMOTION_ARN), payload=payload
    )
