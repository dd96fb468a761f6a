"""AWS/SQS queue depths, published on the timer: the only metric that an alarm on a dead-letter queue can use."""

from typing import Any

from local_aws import private_api
from local_aws.patches import timer
from local_aws.patches.cloudwatch import metrics

_QUEUES = private_api.declare("ministack.services.sqs", "_queues", "publish the depth of queues")
_COUNT = private_api.declare("ministack.services.sqs", "_refresh_counts", "publish the depth of queues", takes=("q",))

_METRICS = {
    "ApproximateNumberOfMessagesVisible": "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed": "ApproximateNumberOfMessagesDelayed",
}


def install() -> None:
    """Publish at each tick."""
    timer.every_tick(_QUEUES, publish)


def publish() -> None:
    """Publish one datapoint for each queue in the current account and region."""
    for queue in _QUEUES.get().values():
        _COUNT.get()(queue)
        dimensions = {"QueueName": _name(queue)}
        for metric, attribute in _METRICS.items():
            metrics.record("AWS/SQS", metric, float(queue["attributes"][attribute]), "Count", dimensions)


def _name(queue: dict[str, Any]) -> str:
    return str(queue["attributes"]["QueueArn"]).rsplit(":", 1)[-1]
