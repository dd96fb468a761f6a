"""A function that is given a queue's messages."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from stacks.constructs.permissions import allow
from stacks.constructs.python_function import PythonFunction

# As few as Lambda allows: what could not be written once must not be written all at once.
_CONCURRENCY = 2


def consume(function: PythonFunction, queue: sqs.Queue, *, batch_size: int) -> None:
    """Deliver a queue's messages to a function, which names those that must come again."""
    # Lambda's poller uses the function's role; the code itself calls nothing of SQS.
    allow(function.role, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", on=queue.queue_arn)
    mapping = lambda_.EventSourceMapping(
        function,
        "Messages",
        target=function.function,
        event_source_arn=queue.queue_arn,
        batch_size=batch_size,
        max_concurrency=_CONCURRENCY,
        report_batch_item_failures=True,
    )
    # Lambda checks the permission when the mapping is made.
    mapping.node.add_dependency(function.role)
