"""The Api stack: the HTTP API and the functions behind it."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.base import RubricStack
from stacks.constructs.acknowledgements import accept
from stacks.constructs.http_api import HttpApi, Route
from stacks.constructs.permissions import allow, use_key
from stacks.constructs.python_function import PythonFunction
from stacks.data import Stores
from stacks.deployment import Deployment

# A key's use is counted in one DynamoDB item, which takes 1,000 writes a second, refused ones included.
MAX_KEY_RATE = 500


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What Monitoring watches of the API. functions: names by what they do."""

    api_id: str
    functions: dict[str, str]
    dead_letters: str


class ApiStack(RubricStack):
    """Answers requests; knows the endpoint by its name alone, so that it never waits for a rollout."""

    def __init__(self, scope: Construct, *, deployment: Deployment, stores: Stores) -> None:
        super().__init__(scope, "Api", deployment=deployment, description="Rubric: the HTTP API.")
        self._stores = stores
        self._dead_letters = self._make_queue()
        classify = self._make_classify()
        self._functions = {"classify": classify, "site": self._make_site()}
        authorizer = self._make_authorizer() if self.settings.api.auth == "keys" else None
        if authorizer is not None:
            self._functions["authorizer"] = authorizer
        site = self._functions["site"].function
        # SnapStart works for a published version only.
        classifier: lambda_.IFunction = classify.live_alias() if self.settings.api.snap_start else classify.function
        http = HttpApi(
            self,
            "Http",
            settings=self.settings,
            authorizer=authorizer.function if authorizer else None,
            routes=_routes(classify=classifier, site=site),
            fallback=site,
        )
        self.watched = Watched(
            api_id=self.share(http.api.api_id),
            functions={name: self.share(function.function.function_name) for name, function in self._functions.items()},
            dead_letters=self.share(self._dead_letters.queue_name),
        )
        self.output("ApiUrl", http.api.api_endpoint, description="Base URL of the API.")
        self.output("ApiId", http.api.api_id, description="Id of the API.")
        self.output("ConsoleUrl", f"{http.api.api_endpoint}/", description="The console page.")

    def _make_queue(self) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "LogDeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        accept(queue, "SQS3", because="It is itself where request-log items go that the table did not take.")
        return queue

    def _make_classify(self) -> PythonFunction:
        function = PythonFunction(
            self,
            "Classify",
            deployment=self.deployment,
            name="classify",
            description="POST /v1/classify: asks the model and logs the request.",
            environment={
                "ENDPOINT_NAME": self.settings.endpoint_name,
                "REQUEST_LOG_TABLE": self._stores.request_log.name,
                "LOG_DLQ_URL": self._dead_letters.queue_url,
                "REQUEST_LOG_DAYS": str(self.settings.data.request_log_days),
                "REQUEST_LOG_TEXT": self.settings.data.request_log_text,
            },
            # The gateway gives up after 30 seconds; the function answers before it does.
            timeout=cdk.Duration.seconds(29),
            memory_mb=1024,
            snap_start=self.settings.api.snap_start,
        )
        allow(function.role, "sagemaker:InvokeEndpoint", on=self._endpoint_arn())
        allow(function.role, "dynamodb:BatchWriteItem", on=self._stores.request_log.arn)
        allow(function.role, "sqs:SendMessage", on=self._dead_letters.queue_arn)
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
                "API_AUTH": self.settings.api.auth,
                "JWT_ISSUER": self.settings.api.jwt.issuer if self.settings.api.jwt else "",
            },
            timeout=cdk.Duration.seconds(15),
            memory_mb=512,
        )
        parameter = self.settings.approved_model_parameter.removeprefix("/")
        allow(
            function.role,
            "ssm:GetParameter",
            on=self.format_arn(service="ssm", resource="parameter", resource_name=parameter),
        )
        allow(
            function.role,
            "s3:GetObject",
            on=f"{self._stores.artifacts.arn}/models/*",
            because="Each promotion serves another model, under the name of its training job.",
        )
        use_key(function.role, self._stores.key_arn)
        return function

    def _make_authorizer(self) -> PythonFunction:
        function = PythonFunction(
            self,
            "Authorizer",
            deployment=self.deployment,
            name="authorizer",
            description="Checks the API key of a request.",
            environment={
                "API_KEYS_TABLE": self._stores.api_keys.name,
                "KEY_CACHE_SECONDS": str(self.settings.api.key_cache_seconds),
                "USAGE_TABLE": self._stores.usage.name,
                "DEFAULT_RATE": str(min(self.settings.api.throttle_rate, MAX_KEY_RATE)),
                "DEFAULT_BURST": str(self.settings.api.throttle_burst),
            },
            timeout=cdk.Duration.seconds(8),
            memory_mb=512,
        )
        allow(function.role, "dynamodb:GetItem", on=self._stores.api_keys.arn)
        allow(function.role, "dynamodb:UpdateItem", on=self._stores.usage.arn)
        use_key(function.role, self._stores.key_arn)
        return function

    def _endpoint_arn(self) -> str:
        return self.format_arn(service="sagemaker", resource="endpoint", resource_name=self.settings.endpoint_name)


def _routes(*, classify: lambda_.IFunction, site: lambda_.IFunction) -> list[Route]:
    return [
        Route(method="POST", path="/v1/classify", handler=classify),
        Route(method="GET", path="/v1/model", handler=site),
        Route(
            method="GET",
            path="/health",
            handler=site,
            open_because="Load balancers and monitors have no key; it says nothing else.",
        ),
        Route(
            method="GET",
            path="/openapi.json",
            handler=site,
            open_because="The contract is public, so that a client can be made from it.",
        ),
        Route(
            method="GET",
            path="/",
            handler=site,
            open_because="The console page; it asks for a key before it calls the API.",
        ),
        Route(method="GET", path="/console.js", handler=site, open_because="A part of the console page."),
        Route(method="GET", path="/console.css", handler=site, open_because="A part of the console page."),
    ]
