"""The Api stack: the HTTP API and the functions behind it."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from contracts import buckets, stack_outputs
from stacks import api_routes
from stacks.base import RubricStack
from stacks.constructs import bedrock_access
from stacks.constructs.authorizer import authorizer
from stacks.constructs.cursor_key import CursorKey
from stacks.constructs.http_api import HttpApi
from stacks.constructs.log_queues import REDRIVE_SECONDS, log_queues
from stacks.constructs.permissions import allow, use_key
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.queue_consumer import consume
from stacks.deployment import Deployment
from stacks.stores import Stores, Watched

# What it needs at most: GET /health?deep=true asks the endpoint.
_SITE_SECONDS = 15


class ApiStack(RubricStack):
    """Answers requests; knows the endpoint by its name alone, so that it never waits for a rollout."""

    def __init__(self, scope: Construct, *, deployment: Deployment, stores: Stores) -> None:
        super().__init__(
            scope, "Api", deployment=deployment, description="Rubric: the HTTP API.", key_arn=stores.key_arn
        )
        self._stores = stores
        queues = log_queues(self)
        self._dead_letters, self._parked = queues.waiting, queues.parked
        classify = self._make_classify()
        self._functions = {"classify": classify, "site": self._make_site()}
        key_check = self._make_authorizer()
        checks_keys = self.settings.api.auth == "keys"
        if checks_keys:
            self._functions["authorizer"] = key_check
        else:
            # Monitoring may import its name, from when keys were checked: without it this update would be refused.
            self.share(key_check.function.function_name)
        cursor_key = CursorKey(self, "CursorKey", deployment=deployment, key_arn=stores.key_arn)
        self._functions |= {"records": self._make_records(cursor_key), "examples": self._make_examples()}
        self._functions["rotation"] = cursor_key.rotation
        self._functions["redrive"] = self._make_redrive()
        site = self._functions["site"].function
        # SnapStart works for a published version only.
        classifier: lambda_.IFunction = classify.live_alias() if self.settings.snap_start else classify.function
        http = HttpApi(
            self,
            "Http",
            settings=self.settings,
            authorizer=key_check.function if checks_keys else None,
            routes=api_routes.all_routes(
                classify=classifier,
                records=self._functions["records"].function,
                examples=self._functions["examples"].function,
                site=site,
            ),
            fallback=site,
        )
        self.watched = Watched(
            api_id=self.share(http.api.api_id),
            functions={name: self.share(function.function.function_name) for name, function in self._functions.items()},
            dead_letters=self.share(self._dead_letters.queue_name),
            parked=self.share(self._parked.queue_name),
        )
        self.output(stack_outputs.API_URL, http.api.api_endpoint, description="Base URL of the API.")
        self.output(stack_outputs.API_ID, http.api.api_id, description="Id of the API.")
        self.output(
            stack_outputs.LOG_DEAD_LETTERS_URL, self._dead_letters.queue_url, description="What could not be logged."
        )
        self.output(
            stack_outputs.LOG_PARKED_URL, self._parked.queue_url, description="What the request log refuses for good."
        )
        if checks_keys:
            cached = str(self.settings.api.key_cache_seconds)
            self.output(
                stack_outputs.KEY_CACHE_SECONDS, cached, description="How long a key that has ended may be accepted."
            )
        self.output(stack_outputs.CONSOLE_URL, f"{http.api.api_endpoint}/", description="The console page.")

    def _make_classify(self) -> PythonFunction:
        function = PythonFunction(
            self,
            "Classify",
            deployment=self.deployment,
            name="classify",
            description="POST /v1/classify: asks the model and logs the request.",
            environment={
                **self._backend(),
                "REQUEST_LOG_TABLE": self._stores.request_log.name,
                "LOG_DLQ_URL": self._dead_letters.queue_url,
                "REQUEST_LOG_DAYS": str(self.settings.data.request_log_days),
                "REQUEST_LOG_SHARDS": str(self.settings.data.log_shards),
                "ANSWERS_TABLE": self._stores.answers.name,
                "ANSWER_CACHE_SECONDS": str(self.settings.api.answer_cache_seconds),
                "REQUEST_LOG_TEXT": self.settings.data.request_log_text,
            },
            # The gateway gives up after 30 seconds; the function answers before it does.
            timeout=cdk.Duration.seconds(self.settings.api.answer_seconds),
            memory_mb=1024,
            snap_start=self.settings.snap_start,
        )
        self._allow_backend(function.role)
        allow(function.role, "dynamodb:BatchWriteItem", on=self._stores.request_log.arn)
        allow(function.role, "sqs:SendMessage", on=self._dead_letters.queue_arn)
        allow(function.role, "dynamodb:PutItem", "dynamodb:DeleteItem", on=self._stores.answers.arn)
        use_key(function.role, self._stores.key_arn)
        return function

    def _make_records(self, cursor_key: CursorKey) -> PythonFunction:
        log = self._stores.request_log
        function = PythonFunction(
            self,
            "Records",
            deployment=self.deployment,
            name="records",
            description="The request log for callers: requests, feedback, statistics.",
            environment={
                "REQUEST_LOG_TABLE": log.name,
                "REQUEST_LOG_DAYS": str(self.settings.data.request_log_days),
                "REQUEST_LOG_SHARDS": str(self.settings.data.log_shards),
                "CURSOR_SECRET": cursor_key.arn,
            },
            timeout=cdk.Duration.seconds(self.settings.api.answer_seconds),
            memory_mb=1024,
        )
        cursor_key.may_read(function.role)
        reads = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
        allow(function.role, *reads, "dynamodb:UpdateItem", on=log.arn)
        allow(function.role, "dynamodb:Query", on=[f"{log.arn}/index/by_day", f"{log.arn}/index/by_key"])
        return function

    def _make_examples(self) -> PythonFunction:
        function = PythonFunction(
            self,
            "Examples",
            deployment=self.deployment,
            name="examples",
            description="POST /v1/examples: keeps labelled texts.",
            environment={
                "EXAMPLES_TABLE": self._stores.examples.name,
                "EXAMPLE_DAYS": str(self.settings.data.example_days),
                "ERASED_TABLE": self._stores.erased.name,
                "ANSWERS_TABLE": self._stores.answers.name,
            },
            timeout=cdk.Duration.seconds(self.settings.api.answer_seconds),
            memory_mb=512,
        )
        allow(function.role, "dynamodb:PutItem", on=self._stores.examples.arn)
        allow(function.role, "dynamodb:BatchGetItem", on=self._stores.erased.arn)
        allow(function.role, "dynamodb:PutItem", "dynamodb:DeleteItem", on=self._stores.answers.arn)
        use_key(function.role, self._stores.key_arn)
        return function

    def _make_site(self) -> PythonFunction:
        function = PythonFunction(
            self,
            "Site",
            deployment=self.deployment,
            name="site",
            description="The model's description, health, the contract and the console page.",
            environment={
                "APPROVED_MODEL_PARAMETER": self.settings.approved_model_parameter,
                "ARTIFACT_BUCKET": self._stores.artifacts.name,
                **({"ENDPOINT_NAME": self.settings.endpoint_name} if self.settings.classifier.trained else {}),
                **self._foundation_model(),
                "API_AUTH": self.settings.api.auth,
                "JWT_ISSUER": self.settings.api.jwt.issuer if self.settings.api.jwt else "",
            },
            timeout=cdk.Duration.seconds(min(_SITE_SECONDS, self.settings.api.answer_seconds)),
            memory_mb=512,
        )
        self._allow_approved_model(function.role)
        if self.settings.classifier.trained:  # GET /health?deep=true asks it about one word
            allow(function.role, "sagemaker:InvokeEndpoint", on=self._endpoint_arn())
        use_key(function.role, self._stores.key_arn)
        return function

    def _backend(self) -> dict[str, str]:
        """The classify function's variables that say what answers."""
        classifier = self.settings.classifier
        variables = self._foundation_model()
        if classifier.trained:
            variables["ENDPOINT_NAME"] = self.settings.endpoint_name
        if classifier.fallback == "bedrock" or classifier.endpoint_seconds is not None:
            variables["ENDPOINT_SECONDS"] = str(classifier.endpoint_timeout)
        if classifier.fallback == "bedrock":
            variables["FALLBACK"] = "bedrock"
            variables["APPROVED_MODEL_PARAMETER"] = self.settings.approved_model_parameter
            variables["ARTIFACT_BUCKET"] = self._stores.artifacts.name
        if classifier.uses_bedrock:
            variables |= bedrock_access.variables(classifier.bedrock, region=self.region)
        return variables

    def _foundation_model(self) -> dict[str, str]:
        """Where a foundation model answers alone: its name and labels."""
        classifier = self.settings.classifier
        if classifier.trained:
            return {}
        return {
            "BACKEND": classifier.backend,
            "BEDROCK_MODEL_ID": bedrock_access.asked(classifier.bedrock),
            "BEDROCK_LABELS": json.dumps(classifier.bedrock.labels, ensure_ascii=False),
        }

    def _allow_backend(self, role: iam.Role) -> None:
        classifier = self.settings.classifier
        if classifier.trained:
            allow(role, "sagemaker:InvokeEndpoint", on=self._endpoint_arn())
        if classifier.fallback == "bedrock":
            self._allow_approved_model(role)
        if classifier.uses_bedrock:
            bedrock_access.allow_model(role, classifier.bedrock)

    def _served_model(self) -> dict[str, str]:
        """Variables that say which model serves, or where that is written."""
        classifier = self.settings.classifier
        if classifier.trained:
            return {"APPROVED_MODEL_PARAMETER": self.settings.approved_model_parameter}
        return {"MODEL_VERSION": bedrock_access.asked(classifier.bedrock)}

    def _allow_approved_name(self, role: iam.Role) -> None:
        parameter = self.settings.approved_model_parameter.removeprefix("/")
        allow(
            role, "ssm:GetParameter", on=self.format_arn(service="ssm", resource="parameter", resource_name=parameter)
        )

    def _allow_approved_model(self, role: iam.Role) -> None:
        self._allow_approved_name(role)
        allow(
            role,
            "s3:GetObject",
            on=f"{self._stores.artifacts.arn}/{buckets.evaluation('*')}",
            because="Each promotion serves another model, whose evaluation is under the name of its training job.",
        )

    def _make_authorizer(self) -> PythonFunction:
        checks = self.settings.api.auth == "keys"
        served = self._served_model()
        function = authorizer(self, deployment=self.deployment, stores=self._stores, served=served, checks=checks)
        if checks and self.settings.classifier.trained:
            self._allow_approved_name(function.role)
        return function

    def _make_redrive(self) -> PythonFunction:
        function = PythonFunction(
            self,
            "Redrive",
            deployment=self.deployment,
            name="redrive",
            description="Writes request-log items from the dead-letter queue into the table.",
            environment={
                "REQUEST_LOG_TABLE": self._stores.request_log.name,
                "ERASED_TABLE": self._stores.erased.name,
                "PARKED_URL": self._parked.queue_url,
            },
            timeout=cdk.Duration.seconds(REDRIVE_SECONDS),
        )
        allow(function.role, "sqs:SendMessage", on=self._parked.queue_arn)
        allow(function.role, "dynamodb:UpdateItem", on=self._stores.request_log.arn)
        allow(function.role, "dynamodb:BatchGetItem", on=self._stores.erased.arn)
        use_key(function.role, self._stores.key_arn)
        consume(function, self._dead_letters, batch_size=5)
        return function

    def _endpoint_arn(self) -> str:
        return self.format_arn(service="sagemaker", resource="endpoint", resource_name=self.settings.endpoint_name)
