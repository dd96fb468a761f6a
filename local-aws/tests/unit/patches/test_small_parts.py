"""Tests embedded metrics, alias dimensions, log entries, Lambda output and failed custom resources."""

import queue
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from local_aws.patches.cloudformation import custom_resource
from local_aws.patches.cloudwatch import emf
from local_aws.patches.functions import latency, metrics
from local_aws.patches.http_api import resources
from local_aws.patches.step_functions import telemetry


def test_embedded_metrics_have_every_dimension_set_and_value() -> None:
    directive = {
        "Namespace": "N",
        "Dimensions": [["a"], ["a", "b"]],
        "Metrics": [{"Name": "M", "Unit": "Count"}, {"Name": "absent"}],
    }
    document = {"_aws": {"Timestamp": 2500, "CloudWatchMetrics": [directive]}, "a": "x", "b": 1, "M": [1, 2]}
    both = [{"a": "x"}, {"a": "x", "b": "1"}]
    expected = [("N", "M", value, "Count", dimensions, 2.5) for dimensions in both for value in (1.0, 2.0)]
    assert list(emf.datapoints(document)) == expected


def test_a_line_that_only_looks_like_an_embedded_metric_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    emf.extract('{"_aws": "CloudWatchMetrics"')
    emf.extract('{"_aws": {"CloudWatchMetrics": [{}]}}')
    emf.extract("plain")
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    ("arn", "resource"),
    [("arn:aws:lambda:r:1:function:f", "f"), ("arn:aws:lambda:r:1:function:f:live", "f:live"), (None, "f")],
)
def test_lambda_dimensions(arn: str | None, resource: str) -> None:
    sets = metrics.dimension_sets({"FunctionName": "f", "FunctionArn": arn})
    assert sets == [{"FunctionName": "f"}, {"FunctionName": "f", "Resource": resource}]


def test_logging_levels() -> None:
    events = ["ExecutionStarted", "TaskFailed", "ExecutionFailed", "ExecutionAborted", "TaskTimedOut"]
    assert [telemetry.wanted("ALL", each) for each in events] == [True] * 5
    assert [telemetry.wanted("ERROR", each) for each in events] == [False, True, True, True, True]
    assert [telemetry.wanted("FATAL", each) for each in events] == [False, False, True, True, False]
    assert [telemetry.wanted("OFF", each) for each in events] == [False] * 5


def test_a_log_entry_has_data_only_when_asked() -> None:
    event: dict[str, Any] = {"id": 3, "type": "TaskStateEntered", "timestamp": "2026-11-20T00:00:00.500Z"}
    event["stateEnteredEventDetails"] = {"name": "T", "input": "{}"}
    execution = {"executionArn": "e"}
    assert telemetry.log_entry(execution, event, with_data=True)["details"] == {"name": "T", "input": "{}"}
    entry = telemetry.log_entry(execution, event, with_data=False)
    assert entry["details"] == {"name": "T"}
    assert (entry["id"], entry["previous_event_id"], entry["event_timestamp"]) == ("3", "2", "1795132800500")


def test_properties_of_an_http_api() -> None:
    cors = {"CorsConfiguration": {"AllowOrigins": ["*"]}, "Name": "n"}
    changed = {"CorsConfiguration": {"allowOrigins": ["*"]}, "Name": "n"}
    assert resources.cors_as_the_api_has_it(cors) == changed
    assert resources.no_default_identity_source({"AuthorizerType": "JWT"}) == {"AuthorizerType": "JWT"}
    request = {"AuthorizerType": "REQUEST", "IdentitySource": ["$request.header.k"]}
    assert resources.no_default_identity_source(request) == request
    assert resources.no_default_identity_source({"AuthorizerType": "REQUEST"})["IdentitySource"] == []


def test_a_failed_custom_resource_keeps_its_physical_id() -> None:
    answer = custom_resource.failed({"RequestId": "r", "PhysicalResourceId": "p"}, {"errorMessage": "m"})
    assert answer == {"Status": "FAILED", "Reason": "m", "PhysicalResourceId": "p"}
    assert custom_resource.failed({"RequestId": "r"}, "text")["PhysicalResourceId"] == "r"


def worker(*lines: str, alive: bool) -> SimpleNamespace:
    """A Lambda worker whose standard error has `lines`, and then ends unless it is `alive`."""
    result: queue.Queue[str] = queue.Queue()
    for line in lines:
        result.put(line)
    return SimpleNamespace(_stderr_queue=result, _stderr_thread=SimpleNamespace(is_alive=lambda: alive))


MARK = "\x00local-aws-end-of-log"


def test_a_log_is_read_up_to_its_mark_and_no_further() -> None:
    chatty = worker("one", "two", MARK, "of the next", MARK, alive=True)
    assert latency.drain(chatty) == "one\ntwo"
    assert latency.drain(chatty) == "of the next"
    assert latency.drain(worker(MARK, alive=True)) == ""
    assert latency.drain(worker("no line feed" + MARK, alive=True)) == "no line feed"


def test_the_log_of_a_process_that_died_ends_with_it() -> None:
    assert latency.drain(worker("last words", alive=False)) == "last words"


def test_lines_that_come_late_are_waited_for() -> None:
    slow = worker(alive=True)
    threading.Timer(0.2, lambda: [slow._stderr_queue.put(line) for line in ("late", MARK)]).start()
    assert latency.drain(slow) == "late"
