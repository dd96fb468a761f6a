"""CloudWatch alarms as CloudWatch evaluates them: by dimensions, over periods, on a timer, with metric math."""

from local_aws.patches.cloudwatch.alarms import evaluation, resources


def install() -> None:
    """Install the evaluation, its timer, and the alarm kinds that MiniStack's CloudFormation refuses."""
    evaluation.install()
    resources.install()
