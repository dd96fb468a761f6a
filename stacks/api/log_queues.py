"""The queues of request-log items that the table did not accept."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from environments import kept
from stacks.base import RubricStack
from stacks.shared.acknowledgements import accept

REDRIVE_SECONDS = 10
# SQS's maximum ("SetQueueAttributes" in its API reference). At one try per minute that is 16 hours: if the table fails
# for longer, messages move to the other queue, from where one command returns them.
MOST_TRIES = 1000


@dataclass(frozen=True, kw_only=True)
class LogQueues:
    """waiting: messages to be retried every minute; parked: those that the table refused for good or for too long."""

    waiting: sqs.Queue
    parked: sqs.Queue


def log_queues(stack: RubricStack) -> LogQueues:
    """Both queues, in the stack itself."""
    key = kms.Key.from_key_arn(stack, "LogDeadLettersKey", stack.key_arn) if stack.key_arn else None
    parked = _queue(stack, "LogParked", key=key)
    waiting = _queue(stack, "LogDeadLetters", key=key, after=parked)
    accept(
        waiting,
        "SQS3",
        because="It is itself a dead-letter queue, for items that the request log's table did not accept.",
    )
    accept(parked, "SQS3", because="It is the last dead-letter queue, and an alarm watches it.")
    return LogQueues(waiting=waiting, parked=parked)


def _queue(stack: RubricStack, name: str, *, key: kms.IKey | None, after: sqs.Queue | None = None) -> sqs.Queue:
    return sqs.Queue(
        stack,
        name,
        encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=key,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(kept.QUEUE_DAYS),
        # How soon an item is retried: six times the redrive's timeout, as AWS advises.
        visibility_timeout=cdk.Duration.seconds(6 * REDRIVE_SECONDS),
        dead_letter_queue=sqs.DeadLetterQueue(queue=after, max_receive_count=MOST_TRIES) if after else None,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
