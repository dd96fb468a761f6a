"""Tests a job's status history and the metrics in its log."""

from typing import Any

from local_aws.sagemaker.jobs.status import JobMetrics, close, transition


def test_each_status_ends_where_the_next_begins() -> None:
    record: dict[str, Any] = {}
    assert transition(record, "Starting", "a", now=1.0)
    assert transition(record, "Training", "b", now=2.0)
    assert not transition(record, "Training", "c", now=3.0)
    close(record, now=4.0)
    assert record["SecondaryStatus"] == "Training"
    assert record["SecondaryStatusTransitions"] == [
        {"Status": "Starting", "StartTime": 1.0, "StatusMessage": "a", "EndTime": 2.0},
        {"Status": "Training", "StartTime": 2.0, "StatusMessage": "c", "EndTime": 4.0},
    ]


def test_the_last_value_of_each_metric_counts() -> None:
    metrics = JobMetrics([{"Name": "loss", "Regex": "loss=(\\S+)"}, {"Name": "f1", "Regex": "f1: ([0-9.]+)"}])
    assert metrics.members() == {}
    for now, line in enumerate(("loss=0.5 f1: 0.1", "loss=nothing", "loss=0.25")):
        metrics.read(line, now=float(now))
    assert metrics.members()["FinalMetricDataList"] == [
        {"MetricName": "loss", "Value": 0.25, "Timestamp": 2.0},
        {"MetricName": "f1", "Value": 0.1, "Timestamp": 0.0},
    ]
