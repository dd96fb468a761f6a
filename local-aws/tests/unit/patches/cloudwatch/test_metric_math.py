"""Tests CloudWatch's metric math."""

import pytest

from local_aws.patches.cloudwatch import metric_math

VALUES = {"a": 6.0, "b": 3.0, "zero": 0.0, "none": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2", 12.0),
        ("(a + b) / 3", 3.0),
        ("-b", -3.0),
        ("a ^ 2", 36.0),
        ("a / zero", None),
        ("a + none", None),
        ("FILL(none, 5) + 1", 6.0),
        ("FILL(a, 5)", 6.0),
        ("IF(a > b, 1, 0)", 1.0),
        ("IF(a > b && zero, 1, 2)", 2.0),
        ("IF(zero OR b, a)", 6.0),
        ("IF(none > 1, 1, 0)", None),
        ("SUM([a, b, none])", 9.0),
        ("AVG(METRICS())", 3.0),
        ("MAX([a, b]) - MIN([a, b])", 3.0),
        ("ABS(b - a)", 3.0),
        ("SUM([none])", None),
    ],
)
def test_value(text: str, expected: float | None) -> None:
    assert metric_math.evaluate(metric_math.parse(text), VALUES) == expected


@pytest.mark.parametrize("text", ["a +", "unknown", "ANOMALY_DETECTION_BAND(a)", "a.real", "'text'", "[a][0]"])
def test_what_is_not_supported_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="metric expression"):
        metric_math.evaluate(metric_math.parse(text), VALUES)
