"""The function that retries request-log items that the table did not accept, and parks those it never will."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.api.log_queues import REDRIVE_SECONDS, LogQueues
from stacks.deployment import Deployment
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction
from stacks.stores import Stores

_BATCH_SIZE = 5
# As few as Lambda allows: a table that could not keep up must not get all items at once.
_CONCURRENCY = 2


class Redrive(PythonFunction):
    """The function, which gets the waiting messages."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores, queues: LogQueues
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            folder="redrive",
            description="Writes request-log items from the dead-letter queue into the table.",
            environment={
                "REQUEST_LOG_TABLE": stores.request_log.name,
                "ERASED_TABLE": stores.erased.name,
                "PARKED_URL": queues.parked.queue_url,
            },
            timeout=cdk.Duration.seconds(REDRIVE_SECONDS),
        )
        allow(self.role, "sqs:SendMessage", on=queues.parked.queue_arn)
        allow(self.role, "dynamodb:UpdateItem", on=stores.request_log.arn)
        allow(self.role, "dynamodb:BatchGetItem", on=stores.erased.arn)
        use_key(self.role, stores.key_arn)
        self._consume(queues.waiting)

    def _consume(self, queue: sqs.Queue) -> None:
        """Deliver the queue's messages; the function names those that must be delivered again."""
        # Lambda's poller uses the function's role; the code itself calls nothing of SQS.
        allow(self.role, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", on=queue.queue_arn)
        mapping = lambda_.EventSourceMapping(
            self,
            "Messages",
            target=self.function,
            event_source_arn=queue.queue_arn,
            batch_size=_BATCH_SIZE,
            max_concurrency=_CONCURRENCY,
            report_batch_item_failures=True,
        )
        # Lambda checks the permission when the mapping is made.
        mapping.node.add_dependency(self.role)
