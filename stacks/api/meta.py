"""The routes about the service itself: the model's description, health, the contract and the pages."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts.api import task
from contracts.deployment import buckets
from stacks.api import bedrock_access, trained_model
from stacks.api.http_api import Route
from stacks.deployment import Deployment
from stacks.shared.component_access import may_describe_component
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction
from stacks.stores import Stores

# Paths that need no key, each with the reason.
OPEN = {
    "/health": "Load balancers and monitors have no key; it says nothing else.",
    "/openapi.json": "The contract is public: clients can be generated from it.",
    "/": "The console page; it asks for a key before it calls the API.",
    "/console.js": "A part of the console page.",
    "/console.css": "A part of the console page.",
    "/docs": "The contract as a page; it asks for a key before it calls a keyed route.",
    "/docs.js": "A part of the contract's page.",
    "/docs.css": "A part of the contract's page.",
}
# The longest case: GET /health?deep=true asks the endpoint.
_LONGEST_SECONDS = 15


class Meta(PythonFunction):
    """The function behind them, which also answers every path without a route."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores) -> None:
        settings = deployment.settings
        trained = settings.classifier.trained
        model = (
            trained_model.endpoint_variables(settings) if trained else bedrock_access.sole_backend(settings.classifier)
        )
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            folder="meta",
            description="The model's description, health, the contract and the console page.",
            environment={
                **trained_model.evaluation_variables(settings, stores=stores),
                **model,
                "API_AUTH": settings.api.auth,
                "JWT_ISSUER": settings.api.jwt.issuer if settings.api.jwt else "",
                **({task.VARIABLE: settings.task.words.encoded()} if settings.task else {}),
            },
            timeout=cdk.Duration.seconds(min(_LONGEST_SECONDS, settings.api.answer_seconds)),
            memory_mb=512,
        )
        trained_model.allow_evaluation(self.role, settings, stores=stores)
        if trained:
            _allow_reports(self.role, stores)
            # GET /health?deep=true asks it about one word; a model that sleeps is not asked.
            if settings.component_name is None:
                trained_model.allow_endpoint(self.role, settings)
            may_describe_component(self.role, settings)
        use_key(self.role, stores.key_arn)
        self.routes = [
            Route(method="GET", path="/v1/model", handler=self.function),
            Route(method="GET", path="/v1/drift", handler=self.function),
            *(Route(method="GET", path=path, handler=self.function, open_because=why) for path, why in OPEN.items()),
        ]


def _allow_reports(role: iam.Role, stores: Stores) -> None:
    """Let a role read what drift looks say of the models."""
    # S3 answers 403 instead of 404 for a missing object if the caller may not list.
    allow(role, "s3:ListBucket", on=stores.artifacts.arn)
    allow(
        role,
        "s3:GetObject",
        on=f"{stores.artifacts.arn}/{buckets.drift_report('*')}",
        because="Each model version has a report of its own.",
    )
