"""`POST /v1/examples`: the function that keeps labelled texts."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from stacks.api.http_api import Route
from stacks.api.trusted_callers import trusted_callers
from stacks.deployment import Deployment
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction
from stacks.stores import Stores


class Examples(PythonFunction):
    """The function; it keeps no text that was erased. Examples are events in the ledger too."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores) -> None:
        settings = deployment.settings
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            folder="examples",
            description="POST /v1/examples: keeps labelled texts.",
            environment={
                "EXAMPLES_TABLE": stores.examples.name,
                "LEDGER_TABLE": stores.ledger.name,
                "EXAMPLE_DAYS": str(settings.data.example_days),
                "ERASED_TABLE": stores.erased.name,
                "ANSWERS_TABLE": stores.answers.name,
                **trusted_callers(settings),
            },
            timeout=cdk.Duration.seconds(settings.api.answer_seconds),
            memory_mb=512,
        )
        allow(self.role, "dynamodb:PutItem", on=[stores.examples.arn, stores.ledger.arn])
        allow(self.role, "dynamodb:BatchGetItem", on=stores.erased.arn)
        allow(self.role, "dynamodb:PutItem", "dynamodb:DeleteItem", on=stores.answers.arn)
        use_key(self.role, stores.key_arn)
        self.routes = [Route(method="POST", path="/v1/examples", handler=self.function)]
