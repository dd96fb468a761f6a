"""Tests a transform job's log: the number of answers, and why files failed."""

from __future__ import annotations

import json
import time

from contracts.logs import log_groups
from ops.batch.job_log import BatchLog, answered
from ops.deployment.cloud import Cloud


def test_answered_lines_are_told_by_either_container() -> None:
    lean = json.dumps({"method": "POST", "path": "/invocations", "status": 200, "ms": 5.0, "texts": 7})
    assert answered(lean, lines_a_request=100.0) == 7
    assert answered(lean.replace("200", "503"), lines_a_request=100.0) == 0
    access = 'x [INFO ] ACCESS_LOG - /127.0.0.1:1 "POST /invocations HTTP/1.1" {} 12'
    assert answered(access.format(200), lines_a_request=100.0) == 100
    assert answered(access.format(400), lines_a_request=100.0) == 0
    assert answered('{"path": "/ping", "status": 200} /invocations', lines_a_request=100.0) == 0
    for odd in ('"texts": "many"', '"texts": null', '"texts": []', '"status": null', '"x": ' + "[" * 100_000):
        assert answered(f'{{"path": "/invocations", "status": 200, {odd}}}', lines_a_request=100.0) == 0


def test_the_log_of_every_instance_is_read_on_and_failures_are_told_by_file(cloud: Cloud) -> None:
    logs = cloud.client("logs")
    reader = BatchLog(logs, job="job")
    assert list(reader.news()) == []
    logs.create_log_group(logGroupName=log_groups.TRANSFORM_JOBS)
    for stream in ("job/i-1-1", "job/i-2-1", "job/i-1-1/data-log"):
        logs.create_log_stream(logGroupName=log_groups.TRANSFORM_JOBS, logStreamName=stream)

    def say(stream: str, *lines: str) -> None:
        events = [{"timestamp": int(time.time() * 1000) + at, "message": line} for at, line in enumerate(lines)]
        logs.put_log_events(logGroupName=log_groups.TRANSFORM_JOBS, logStreamName=stream, logEvents=events)

    say("job/i-1-1", "a")
    say("job/i-2-1", "b")
    assert sorted(reader.news()) == ["a", "b"]
    assert list(reader.news()) == []
    mark = "2026-11-21T10:00:00.000:[sagemaker logs]: "
    output = ("MaxConcurrentTransforms=4", "b/in/a.csv: ClientError: 400", "b/in/a.csv: ", "b/in/a.csv: Message:",
            'b/in/a.csv: {"error": 1}')  # fmt: skip
    say("job/i-1-1/data-log", *(mark + line for line in output))
    assert list(reader.news()) == []
    assert reader.failures() == {"b/in/a.csv": 'ClientError: 400 Message: {"error": 1}'}
