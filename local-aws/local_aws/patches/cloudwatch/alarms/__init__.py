"""Evaluate CloudWatch alarms as AWS does: by dimensions, over periods, on a timer, with metric math."""

from local_aws.patches.cloudwatch.alarms import evaluation, resources


def install() -> None:
    """Install the evaluation, its timer, and the alarm types that MiniStack's CloudFormation refuses."""
    evaluation.install()
    resources.install()
