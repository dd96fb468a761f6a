"""From an answer back to the model, its run, its dataset version and the sources of the rows in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from contracts.deployment import stack_outputs
from contracts.logs import request_log
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, OpsError
from ops.trace import models
from ops.trace.models import Origin

# What an answer is: no text.
_SHOWN = (
    *("position", "time", "status", "key_id", "backend", "variant", "model_version", "label", "confidence"),
    *("ab_test", "assigned", "feedback_label", "feedback_time", "text_sha256"),
)


_BEDROCK = "bedrock"  # as the API's contract names the backend


@dataclass(frozen=True)
class Answered:
    """A request: its logged texts, without the texts themselves, and what each model that answered rests on.

    problems: what cannot be told, and why.
    """

    request_id: str
    texts: list[dict[str, Any]]
    origins: list[Origin]
    problems: list[str]

    def document(self) -> dict[str, Any]:
        """For JSON output."""
        return {
            "request_id": self.request_id,
            "texts": self.texts,
            "models": [each.document() for each in self.origins],
            "problems": self.problems,
        }


def trace(cloud: Cloud, request_id: str) -> Answered:
    """Raises OpsError if the request log has no such request."""
    if not request_log.is_request_id(request_id):
        raise OpsError(f"{request_id!r} is not the id of a request", status=NOT_FOUND)
    table = cloud.stacks.need(stack_outputs.REQUEST_LOG_TABLE_NAME)
    pages = (
        cloud.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table,
            KeyConditionExpression="request_id = :id",
            ExpressionAttributeValues={":id": {"S": request_id}},
            ConsistentRead=True,
        )
    )
    read = TypeDeserializer()
    items = [
        {name: read.deserialize(value) for name, value in item.items()} for page in pages for item in page["Items"]
    ]
    if not items:
        raise OpsError(
            f"The request log has no request {request_id}: it keeps requests for "
            f"{cloud.settings.data.request_log_days} days",
            status=NOT_FOUND,
        )
    texts = [{name: _plain(item[name]) for name in _SHOWN if item.get(name) is not None} for item in items]
    versions = dict.fromkeys(str(each["model_version"]) for each in texts if each.get("model_version"))
    ours = [version for version in versions if _is_ours(texts, version)]
    problems = [
        f"what {version} learnt from: it is a model of Amazon Bedrock, which no training run of this environment made"
        for version in versions
        if version not in ours
    ]
    if unanswered := [str(each["position"]) for each in texts if not each.get("model_version")]:
        problems.append(f"which model was asked about text {', '.join(unanswered)}: there was no answer")
    return Answered(request_id, texts, [models.origin(cloud, version) for version in ours], problems)


def _is_ours(texts: list[dict[str, Any]], version: str) -> bool:
    """Whether a training run of this environment made the model that answered, and not Amazon Bedrock."""
    return any(each.get("model_version") == version and each.get("backend") != _BEDROCK for each in texts)


def _plain(value: Any) -> Any:
    """A number of DynamoDB's as JSON has it."""
    if hasattr(value, "as_tuple"):  # Decimal
        return int(value) if value == value.to_integral_value() else float(value)
    return value
