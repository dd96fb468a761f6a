"""`GET /v1/queue`, `GET` and `POST /v1/labels`: the function with which people label texts of the request log."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from contracts.ab_tests import record
from stacks.api.http_api import Route
from stacks.api.trusted_callers import trusted_callers
from stacks.deployment import Deployment
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction
from stacks.stores import Stores


class Labelling(PythonFunction):
    """The function; a label is stored with its text in the request log and as an event in the ledger."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores) -> None:
        settings, log = deployment.settings, stores.request_log
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            folder="labelling",
            description="The queue of texts for people to label, and their labels.",
            environment={
                "REQUEST_LOG_TABLE": log.name,
                "REQUEST_LOG_DAYS": str(settings.data.request_log_days),
                "REQUEST_LOG_SHARDS": str(settings.data.log_shards),
                "REQUEST_LOG_TEXT": settings.data.request_log_text,
                "LABELLING_DAYS": str(settings.labelling.days),
                "SHARED_SHARE": str(settings.labelling.shared_share),
                "LEDGER_TABLE": stores.ledger.name,
                "EXAMPLE_DAYS": str(settings.data.example_days),
                "ERASED_TABLE": stores.erased.name,
                "ARTIFACT_BUCKET": stores.artifacts.name,
                **trusted_callers(settings),
            },
            timeout=cdk.Duration.seconds(settings.api.answer_seconds),
            memory_mb=1024,
        )
        # A transaction takes the permissions of its parts ("transaction-apis-iam" in DynamoDB's guide).
        reads = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
        allow(self.role, *reads, "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem", on=log.arn)
        allow(self.role, "dynamodb:Query", on=f"{log.arn}/index/by_day")
        allow(self.role, "dynamodb:PutItem", on=stores.ledger.arn)
        allow(self.role, "dynamodb:BatchGetItem", on=stores.erased.arn)
        # The A/B test whose disagreements people are asked about. S3 answers 403 instead of 404 for a missing object if
        # the caller may not list.
        allow(self.role, "s3:ListBucket", on=stores.artifacts.arn)
        allow(self.role, "s3:GetObject", on=f"{stores.artifacts.arn}/{record.CURRENT}")
        use_key(self.role, stores.key_arn)
        self.routes = [
            Route(method="GET", path="/v1/queue", handler=self.function),
            Route(method="GET", path="/v1/labels", handler=self.function),
            Route(method="POST", path="/v1/labels", handler=self.function),
        ]
