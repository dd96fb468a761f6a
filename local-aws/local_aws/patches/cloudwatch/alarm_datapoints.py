"""The values that an alarm evaluates: one per period, newest first, None if there is no data."""

import time
from collections.abc import Mapping
from typing import Any

from local_aws import private_api
from local_aws.patches.cloudwatch import metric_math, metrics

_STATISTICS = private_api.declare(
    "ministack.services.cloudwatch", "_calc_stats", "evaluate alarms over periods", takes=("points",)
)
_VALUE = private_api.declare(
    "ministack.services.cloudwatch",
    "_stat_value",
    "evaluate alarms on percentiles",
    takes=("stats", "stat_name", "points"),
)

_BASIC = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")


def of_alarm(alarm: Mapping[str, Any], *, now: float | None = None) -> list[float | None]:
    """Return the alarm's value in each of its last EvaluationPeriods periods.

    Periods end now, not on full minutes as in CloudWatch, so a local alarm need not wait for the minute to end.
    """
    end = time.time() if now is None else now
    periods = int(alarm.get("EvaluationPeriods") or 1)
    queries = alarm.get("Metrics")
    if not queries:
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
        period = int(alarm.get("Period") or 60)
        return series(alarm, statistic=statistic, period=period, periods=periods, end=end)
    return _of_queries(queries, periods=periods, end=end)


def series(metric: Mapping[str, Any], *, statistic: str, period: int, periods: int, end: float) -> list[float | None]:
    """Return a metric's statistic for each of the `periods` periods of `period` seconds before `end`, newest first."""
    points = metrics.points(metric["Namespace"], metric["MetricName"], _dimensions(metric))
    unit = metric.get("Unit")
    values: list[float | None] = []
    for index in range(periods):
        until = end - period * index
        window = [
            point
            for point in points
            if until - period < point["Timestamp"] <= until and (not unit or point["Unit"] == unit)
        ]
        values.append(_statistic(window, statistic))
    return values


def _of_queries(queries: list[dict[str, Any]], *, periods: int, end: float) -> list[float | None]:
    """Return the values of the query that returns data, over the period that all queries share."""
    period = max(
        (int(query["MetricStat"].get("Period") or 60) for query in queries if query.get("MetricStat")),
        default=max((int(query.get("Period") or 0) for query in queries), default=0) or 60,
    )
    results: dict[str, list[float | None]] = {}
    for query in queries:
        if query.get("MetricStat"):
            stat = query["MetricStat"]
            metric = {**stat["Metric"], "Unit": stat.get("Unit")}
            results[query["Id"]] = series(metric, statistic=stat["Stat"], period=period, periods=periods, end=end)
    returned = [query for query in queries if str(query.get("ReturnData", True)).lower() != "false"]
    if len(returned) != 1:
        raise ValueError(f"exactly one query of an alarm returns data, not {len(returned)}")
    return _resolve(returned[0]["Id"], queries, results, periods)


def _resolve(
    wanted: str, queries: list[dict[str, Any]], results: dict[str, list[float | None]], periods: int
) -> list[float | None]:
    if wanted not in results:
        query = next(each for each in queries if each["Id"] == wanted)
        expression = metric_math.parse(query["Expression"])
        used = metric_math.names(expression) & {each["Id"] for each in queries}
        inputs = {name: _resolve(name, queries, results, periods) for name in sorted(used)}
        results[wanted] = [
            metric_math.evaluate(expression, {name: values[index] for name, values in inputs.items()})
            for index in range(periods)
        ]
    return results[wanted]


def _statistic(window: list[dict[str, Any]], statistic: str) -> float | None:
    stats = _STATISTICS.get()(window)
    if not stats:
        return None
    if statistic not in _BASIC and not statistic.lower().startswith("p"):
        raise ValueError(f"the statistic {statistic} is not evaluated here")
    value = _VALUE.get()(stats, statistic, window)
    return None if value is None else float(value)


def _dimensions(metric: Mapping[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in metric.get("Dimensions") or []}
