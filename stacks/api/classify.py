"""`POST /v1/classify`: the function that calls the model and logs the request."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from contracts.ab_tests import live
from contracts.serving import wakes
from environments.sections.api import Api
from environments.settings import Settings
from stacks.api import bedrock_access, trained_model
from stacks.api.features import Features
from stacks.api.http_api import Route
from stacks.deployment import Deployment
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction
from stacks.stores import Stores


class Classify(PythonFunction):
    """The function. dead_letters: for items that the request log's table did not accept. features: what it reads
    features from; None where there is no store.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        stores: Stores,
        dead_letters: sqs.IQueue,
        features: Features | None,
    ) -> None:
        settings = deployment.settings
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            folder="classify",
            description="POST /v1/classify: calls the model and logs the request.",
            environment={
                **_backend(scope, deployment=deployment, stores=stores),
                "REQUEST_LOG_TABLE": stores.request_log.name,
                "LOG_DLQ_URL": dead_letters.queue_url,
                "REQUEST_LOG_DAYS": str(settings.data.request_log_days),
                "REQUEST_LOG_SHARDS": str(settings.data.log_shards),
                "ANSWERS_TABLE": stores.answers.name,
                "ANSWER_CACHE_SECONDS": str(settings.api.answer_cache_seconds),
                "REQUEST_LOG_TEXT": settings.data.request_log_text,
                "AUDIT_SHARE": str(audit_share(settings)),
                **(trained_model.challenger_variables(settings) if may_be_tested(settings) else {}),
                **_listing(settings.api),
                **(features.reader_variables() if features else {}),
            },
            # The gateway gives up after 30 seconds; the function answers before it does.
            timeout=cdk.Duration.seconds(settings.api.answer_seconds),
            memory_mb=1024,
            snap_start=settings.snap_start,
        )
        _allow_backend(self, deployment=deployment, stores=stores)
        if may_be_tested(settings):
            # Of the log's items only the one that says how a live test's texts are split.
            own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [live.ITEM_ID]}}
            allow(self.role, "dynamodb:GetItem", on=stores.request_log.arn, when=own)
        if settings.component_name is not None:
            # Of the log's items only the one with the wakes.
            own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [wakes.ITEM_ID]}}
            allow(self.role, "dynamodb:UpdateItem", on=stores.request_log.arn, when=own)
        allow(self.role, "dynamodb:BatchWriteItem", on=stores.request_log.arn)
        allow(self.role, "sqs:SendMessage", on=dead_letters.queue_arn)
        allow(self.role, "dynamodb:PutItem", "dynamodb:DeleteItem", on=stores.answers.arn)
        if features:
            features.may_read(self.role)
        use_key(self.role, stores.key_arn)
        # SnapStart works for a published version only.
        called: lambda_.IFunction = self.live_alias() if settings.snap_start else self.function
        self.routes = [Route(method="POST", path="/v1/classify", handler=called)]


def may_be_tested(settings: Settings) -> bool:
    """Whether live A/B tests can run."""
    return settings.classifier.trained and settings.ab_tests.enabled


def audit_share(settings: Settings) -> float:
    """The share of the texts that the audit sample takes: none where no texts are kept to be labelled."""
    return settings.labelling.audit_share if settings.data.request_log_text == "store" else 0.0


def _listing(api: Api) -> dict[str, str]:
    """The variables for what an answer lists; none that is not set."""
    values = {"TOP_K": api.top_k, "THRESHOLD": api.threshold}
    return {name: str(value) for name, value in values.items() if value is not None}


def _backend(scope: Construct, *, deployment: Deployment, stores: Stores) -> dict[str, str]:
    """The variables that name the backends: the endpoint, a foundation model, or both."""
    classifier = deployment.settings.classifier
    variables: dict[str, str] = {}
    if classifier.trained:
        variables |= trained_model.endpoint_variables(deployment.settings)
    else:
        variables |= bedrock_access.sole_backend(classifier)
    if classifier.fallback == "bedrock" or classifier.endpoint_seconds is not None:
        variables["ENDPOINT_SECONDS"] = str(classifier.endpoint_timeout)
    if classifier.fallback == "bedrock":
        variables |= {"FALLBACK": "bedrock", **trained_model.evaluation_variables(deployment.settings, stores=stores)}
    if classifier.uses_bedrock:
        variables |= bedrock_access.variables(classifier.bedrock, region=cdk.Stack.of(scope).region)
    return variables


def _allow_backend(function: PythonFunction, *, deployment: Deployment, stores: Stores) -> None:
    classifier = deployment.settings.classifier
    if classifier.trained:
        trained_model.allow_endpoint(function.role, deployment.settings)
    if may_be_tested(deployment.settings):
        trained_model.allow_challenger(function.role, deployment.settings)
    if classifier.fallback == "bedrock":
        trained_model.allow_evaluation(function.role, deployment.settings, stores=stores)
    if classifier.uses_bedrock:
        bedrock_access.allow_model(function.role, classifier.bedrock)
