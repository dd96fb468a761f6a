"""Tests which state an alarm gets from its datapoints."""

from typing import Any

import pytest

from local_aws.patches.cloudwatch import alarm_datapoints, alarm_evaluation


def alarm(**options: Any) -> dict[str, Any]:
    return {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1, "StateValue": "OK", **options}


@pytest.mark.parametrize(
    ("values", "treatment", "expected"),
    [
        ([2.0, 2.0, 2.0], "missing", "ALARM"),
        ([1.0, 1.0, 1.0], "missing", "OK"),
        ([2.0, 1.0, 2.0], "missing", "OK"),
        ([None, None, None], "missing", "INSUFFICIENT_DATA"),
        ([None, None, None], "breaching", "ALARM"),
        ([None, None, None], "notBreaching", "OK"),
        ([None, None, None], "ignore", "OK"),
        ([None, None, 2.0], "missing", "ALARM"),
        ([None, None, 2.0], "breaching", "ALARM"),
        ([None, None, 2.0], "notBreaching", "OK"),
        ([None, None, 1.0], "breaching", "OK"),
        ([None, None, 1.0], "missing", "OK"),
    ],
)
def test_three_of_three(values: list[float | None], treatment: str, expected: str) -> None:
    assert alarm_evaluation.state(values, alarm(TreatMissingData=treatment)) == expected


def test_ignore_keeps_the_state_only_while_missing_data_could_decide() -> None:
    was_alarm = alarm(TreatMissingData="ignore", StateValue="ALARM")
    assert alarm_evaluation.state([None, 2.0], was_alarm) == "ALARM"
    assert alarm_evaluation.state([None, 1.0], was_alarm) == "OK"
    assert alarm_evaluation.state([2.0, 2.0], alarm(TreatMissingData="ignore")) == "ALARM"


def test_m_of_n() -> None:
    assert alarm_evaluation.state([2.0, 1.0, 2.0], alarm(DatapointsToAlarm=2)) == "ALARM"
    assert alarm_evaluation.state([2.0, 1.0, 1.0], alarm(DatapointsToAlarm=2)) == "OK"


@pytest.mark.parametrize(
    ("comparison", "alarming"),
    [
        ("GreaterThanThreshold", [2.0]),
        ("GreaterThanOrEqualToThreshold", [1.0, 2.0]),
        ("LessThanThreshold", [0.0]),
        ("LessThanOrEqualToThreshold", [0.0, 1.0]),
    ],
)
def test_comparisons(comparison: str, alarming: list[float]) -> None:
    results = [
        v for v in (0.0, 1.0, 2.0) if alarm_evaluation.state([v], alarm(ComparisonOperator=comparison)) == "ALARM"
    ]
    assert results == alarming


def test_a_metric_math_alarm_combines_its_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    data: dict[str, list[float | None]] = {"Bad": [3.0, None], "All": [10.0, 5.0]}

    def series(metric: Any, *, statistic: str, period: int, periods: int, end: float) -> list[float | None]:
        assert (statistic, period, periods, end) == ("Sum", 30, 2, 100.0)
        return data[str(metric["MetricName"])]

    monkeypatch.setattr(alarm_datapoints, "series", series)

    def query(identifier: str, name: str) -> dict[str, Any]:
        metric = {"Namespace": "N", "MetricName": name}
        return {"Id": identifier, "ReturnData": False, "MetricStat": {"Metric": metric, "Period": 30, "Stat": "Sum"}}

    queries = [
        query("bad", "Bad"),
        query("all", "All"),
        {"Id": "part", "Expression": "FILL(bad, 0) / all", "ReturnData": False},
        {"Id": "percent", "Expression": "part * 100"},
    ]
    assert alarm_datapoints.of_alarm({"EvaluationPeriods": 2, "Metrics": queries}, now=100.0) == [30.0, 0.0]


def test_an_alarm_that_returns_two_series_is_refused() -> None:
    queries = [{"Id": "a", "Expression": "1"}, {"Id": "b", "Expression": "2"}]
    with pytest.raises(ValueError, match="exactly one"):
        alarm_datapoints.of_alarm({"EvaluationPeriods": 1, "Metrics": queries}, now=1.0)
