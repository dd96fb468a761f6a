"""A training job and its log."""

import time

import boto3

from contracts.logs import log_groups

JOB = "rubric-dev-20261120-213501-3fa9"


def log(*lines: str, stream: str = f"{JOB}/algo-1") -> None:
    logs = boto3.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=log_groups.TRAINING_JOBS)["logGroups"]:
        logs.create_log_group(logGroupName=log_groups.TRAINING_JOBS)
    if not logs.describe_log_streams(logGroupName=log_groups.TRAINING_JOBS, logStreamNamePrefix=stream)["logStreams"]:
        logs.create_log_stream(logGroupName=log_groups.TRAINING_JOBS, logStreamName=stream)
    events = [{"timestamp": int(time.time() * 1000) + index, "message": line} for index, line in enumerate(lines)]
    logs.put_log_events(logGroupName=log_groups.TRAINING_JOBS, logStreamName=stream, logEvents=events)
