"""What the placeholders of runbooks stand for in an environment."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from contracts.deployment import stack_outputs
from contracts.logs import log_groups
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import PARTS
from ops.errors import NOT_FOUND, OpsError

_WITH_FUNCTIONS = ("Api", "Training")
_OUTPUTS = {
    "table request log": stack_outputs.REQUEST_LOG_TABLE_NAME,
    "table examples": stack_outputs.EXAMPLES_TABLE_NAME,
    "table ledger": stack_outputs.LEDGER_TABLE_NAME,
    "table answers": stack_outputs.ANSWERS_TABLE_NAME,
    "table api keys": stack_outputs.API_KEYS_TABLE_NAME,
    "table key use": stack_outputs.USAGE_TABLE_NAME,
    "table erased": stack_outputs.ERASED_TABLE_NAME,
    "bucket artifacts": stack_outputs.ARTIFACT_BUCKET_NAME,
    "queue dead letters": stack_outputs.LOG_DEAD_LETTERS_URL,
    "queue parked": stack_outputs.LOG_PARKED_URL,
    "machine training": stack_outputs.PIPELINE_ARN,
    "machine promotion": stack_outputs.PROMOTION_ARN,
    "machine retraining": stack_outputs.RETRAINING_ARN,
    "approved model": stack_outputs.APPROVED_MODEL_PARAMETER_NAME,
    "dashboard": stack_outputs.DASHBOARD_NAME,
}
_UNDELIVERED = "queue undelivered"
# The logical id, without its hash, of the Training stack's queue.
_UNDELIVERED_ID = "RulesUndelivered"
_FUNCTION, _LOG_GROUP = "function ", "log group "
_KNOWN = ("env", "prefix", "endpoint", "endpoint log", "access log", "promotions", *(f"{part} stack" for part in PARTS))
# All but those of functions and of their log groups.
PLACEHOLDERS = (*_KNOWN, *_OUTPUTS, _UNDELIVERED)


class Names:
    """The names of one environment. Those that its settings do not give are looked up when they are first asked for."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def known(self) -> dict[str, str]:
        """The names that need no account."""
        settings = self._cloud.settings
        return {
            "env": self._cloud.env,
            "prefix": settings.prefix,
            "endpoint": settings.endpoint_name,
            "endpoint log": log_groups.endpoint(settings.endpoint_name),
            "access log": log_groups.api_requests(settings.prefix),
            "promotions": settings.promotions_path,
            **{f"{part} stack": settings.stack_name(part) for part in PARTS},
        }

    def of(self, placeholders: Iterable[str]) -> dict[str, str]:
        """The names of some placeholders. Raises OpsError for one that the environment does not have."""
        known = self.known()
        return {each: known[each] if each in known else self._deployed(each) for each in placeholders}

    def _deployed(self, placeholder: str) -> str:
        if placeholder in _OUTPUTS:
            return self._cloud.stacks.need(_OUTPUTS[placeholder])
        for kind in (_FUNCTION, _LOG_GROUP):
            if placeholder.startswith(kind):
                return self._function(placeholder.removeprefix(kind))[kind]
        if placeholder == _UNDELIVERED:
            return self._undelivered
        raise OpsError(f"<{placeholder}> is no placeholder of runbooks")

    def _function(self, name: str) -> dict[str, str]:
        if name not in self._functions:
            raise OpsError(f"No function {name} is deployed in {self._cloud.env!r}", status=NOT_FOUND)
        return self._functions[name]

    @cached_property
    def _functions(self) -> dict[str, dict[str, str]]:
        """Names and log groups of the functions, by their folders in lambda_src."""
        lambda_, found = self._cloud.client("lambda"), {}
        for part in _WITH_FUNCTIONS:
            for resource in self._resources(part, kind="AWS::Lambda::Function"):
                function = lambda_.get_function_configuration(FunctionName=resource["PhysicalResourceId"])
                name = function["FunctionName"]
                log_group = function.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
                # lambda_src.pipeline.gate.handler.handler
                folders = function.get("Handler", "").split(".")
                if folders[0] == "lambda_src":
                    found[folders[-3]] = {_FUNCTION: name, _LOG_GROUP: log_group}
        return found

    @cached_property
    def _undelivered(self) -> str:
        for resource in self._resources("Training", kind="AWS::SQS::Queue"):
            if resource["LogicalResourceId"].startswith(_UNDELIVERED_ID):
                return str(resource["PhysicalResourceId"])
        raise OpsError(f"No queue of undelivered events is deployed in {self._cloud.env!r}", status=NOT_FOUND)

    def _resources(self, part: str, *, kind: str) -> list[dict[str, Any]]:
        stack = self._cloud.stacks.by_part.get(part)
        if stack is None:
            return []
        pages = (
            self._cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.name)
        )
        return [each for page in pages for each in page["StackResourceSummaries"] if each["ResourceType"] == kind]
