"""What the policies ask for, by their metrics. No MiniStack and no clock here.

Sources: Application Auto Scaling user guide, "How target tracking scaling works" and "How step scaling works".
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

# The alarms that AWS makes for a policy on requests a minute: 3 minutes above the target, 15 below nine tenths of it.
PERIODS_OUT = 3
PERIODS_IN = 15
_LOW = 0.9

# By predefined metric type: the metric, and the dimensions by the parts of the resource's id.
METRICS = {
    "SageMakerVariantInvocationsPerInstance": (
        "InvocationsPerInstance",
        (("EndpointName", 1), ("VariantName", 3)),
    ),
    "SageMakerInferenceComponentInvocationsPerCopy": ("InvocationsPerCopy", (("InferenceComponentName", 1),)),
}


def metric_of(policy: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the metric that a target tracking policy watches, None if it is not one of requests."""
    wanted = policy["TargetTrackingScalingPolicyConfiguration"].get("PredefinedMetricSpecification") or {}
    if wanted.get("PredefinedMetricType") not in METRICS:
        return None
    name, dimensions = METRICS[wanted["PredefinedMetricType"]]
    parts = str(policy["ResourceId"]).split("/")
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": name,
        "Dimensions": [{"Name": each, "Value": parts[index]} for each, index in dimensions],
    }


def wanted(values: Sequence[float | None], *, target: float, current: int, periods_in: int = PERIODS_IN) -> int | None:
    """Return the capacity that target tracking asks for, None for the one that there is.

    values: of the last periods, newest first, None without data: a policy does nothing about those.
    """
    last_out = [value for value in values[:PERIODS_OUT] if value is not None]
    if current and len(last_out) == PERIODS_OUT and min(last_out) > target:
        return max(current, math.ceil(current * last_out[0] / target))
    last_in = [value for value in values[:periods_in] if value is not None]
    if len(last_in) == periods_in and max(last_in) < _LOW * target:
        return min(current, math.ceil(current * max(last_in) / target))
    return None


def stepped(policy: Mapping[str, Any], *, breach: float, current: int) -> int:
    """Return the capacity that a step scaling policy asks for. breach: how far the metric is over the threshold."""
    configuration = policy["StepScalingPolicyConfiguration"]
    for step in configuration.get("StepAdjustments", []):
        low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        if (low is None or breach >= low) and (high is None or breach < high):
            change = int(step["ScalingAdjustment"])
            kind = configuration.get("AdjustmentType", "ChangeInCapacity")
            if kind == "ExactCapacity":
                return change
            if kind == "PercentChangeInCapacity":
                moved = current * change / 100
                return current + (math.ceil(moved) if moved > 0 else math.floor(moved))
            return current + change
    return current
