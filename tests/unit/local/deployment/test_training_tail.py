import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from contracts.logs import log_groups
from local.deployment.training_tail import TrainingTail


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("logs", region_name="us-east-1")


def say(logs: Any, stream: str, *lines: str) -> None:
    known = logs.describe_log_streams(logGroupName=log_groups.TRAINING_JOBS, logStreamNamePrefix=stream)["logStreams"]
    if not known:
        logs.create_log_stream(logGroupName=log_groups.TRAINING_JOBS, logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=log_groups.TRAINING_JOBS, logStreamName=stream, logEvents=events)


def test_nothing_to_follow_before_the_first_job(logs: Any) -> None:
    tail = TrainingTail(logs, prefix="rubric-local-")
    assert tail.poll() == []
    assert tail.job is None


def test_each_line_is_given_once_and_past_jobs_are_left_alone(logs: Any) -> None:
    logs.create_log_group(logGroupName=log_groups.TRAINING_JOBS)
    say(logs, "rubric-local-20260101-000000-0000/algo-1-1", "progress: read 1/1")
    tail = TrainingTail(logs, prefix="rubric-local-")
    assert tail.poll() == []
    job = "rubric-local-20260102-000000-0000"
    say(logs, f"{job}/algo-1-1", "hello", "progress: train 1/9 loss=1.0")
    say(logs, "rubric-other-20270101-000000-0000/algo-1-1", "progress: train 5/9")
    assert [p.done for p in tail.poll()] == [1]
    assert tail.job == job
    assert tail.poll() == []
    say(logs, f"{job}/algo-1-1", "progress: train 2/9", "progress: train 3/9")
    assert [p.done for p in tail.poll()] == [2, 3]


def test_an_interrupted_runs_job_is_joined_when_asked_for(logs: Any) -> None:
    logs.create_log_group(logGroupName=log_groups.TRAINING_JOBS)
    say(logs, "rubric-local-20260101-000000-0000/algo-1-1", "progress: train 4/9")
    assert [p.done for p in TrainingTail(logs, prefix="rubric-local-", resume=True).poll()] == [4]


def test_of_a_job_on_several_hosts_the_first_one_is_followed(logs: Any) -> None:
    logs.create_log_group(logGroupName=log_groups.TRAINING_JOBS)
    tail = TrainingTail(logs, prefix="rubric-local-")
    say(logs, "rubric-local-20260101-000000-0000/algo-1-1", "progress: train 4/9")
    say(logs, "rubric-local-20260101-000000-0000/algo-2-1", "nothing")
    assert [p.done for p in tail.poll()] == [4]
