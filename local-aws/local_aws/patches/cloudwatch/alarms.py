"""Evaluate CloudWatch alarms as AWS does: by dimensions, over periods, on a timer, with metric math."""

from local_aws.patches.cloudwatch import alarm_evaluation, alarm_resources


def install() -> None:
    """Install the evaluation, its timer, and the alarm types that MiniStack's CloudFormation refuses."""
    alarm_evaluation.install()
    alarm_resources.install()
