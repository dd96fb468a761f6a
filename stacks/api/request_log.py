"""The routes that read the request log: requests, feedback and statistics."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from stacks.api.cursor_key import CursorKey
from stacks.api.http_api import Route
from stacks.api.trusted_callers import trusted_callers
from stacks.deployment import Deployment
from stacks.shared.permissions import allow
from stacks.shared.python_function import PythonFunction
from stacks.stores import Stores


class RequestLog(PythonFunction):
    """The function behind them; `cursor_key` signs the cursors of its pages."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores, cursor_key: CursorKey
    ) -> None:
        settings, log = deployment.settings, stores.request_log
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            folder="request_log_api",
            description="The request log for callers: requests, feedback, statistics.",
            environment={
                "REQUEST_LOG_TABLE": log.name,
                "REQUEST_LOG_DAYS": str(settings.data.request_log_days),
                "REQUEST_LOG_SHARDS": str(settings.data.log_shards),
                "LEDGER_TABLE": stores.ledger.name,
                "EXAMPLE_DAYS": str(settings.data.example_days),
                "ERASED_TABLE": stores.erased.name,
                "CURSOR_SECRET": cursor_key.arn,
                **trusted_callers(settings),
            },
            timeout=cdk.Duration.seconds(settings.api.answer_seconds),
            memory_mb=1024,
        )
        # With it goes the environment's key, which the table's items need as well.
        cursor_key.may_read(self.role)
        reads = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
        allow(self.role, *reads, "dynamodb:UpdateItem", on=log.arn)
        allow(self.role, "dynamodb:PutItem", on=stores.ledger.arn)
        allow(self.role, "dynamodb:BatchGetItem", on=stores.erased.arn)
        allow(self.role, "dynamodb:Query", on=[f"{log.arn}/index/by_day", f"{log.arn}/index/by_key"])
        self.routes = [
            Route(method="POST", path="/v1/feedback", handler=self.function),
            Route(method="GET", path="/v1/requests", handler=self.function),
            Route(method="GET", path="/v1/requests/{id}", handler=self.function),
            Route(method="GET", path="/v1/stats", handler=self.function),
        ]
