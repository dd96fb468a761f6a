"""Evaluate a metric alarm: M of N datapoints over the threshold, with missing data treated as configured."""

import json
import logging
import operator
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from local_aws import private_api
from local_aws.patches import timer
from local_aws.patches.cloudwatch import alarm_datapoints

logger = logging.getLogger("local_aws.alarms")

_MODULE = "ministack.services.cloudwatch"
_EVALUATE = private_api.declare(_MODULE, "_evaluate_alarm", "evaluate alarms by their dimensions", takes=("alarm",))
_EVALUATE_ALL = private_api.declare(_MODULE, "_evaluate_all_alarms", "evaluate alarms on a timer", takes=())
_ALARMS = private_api.declare(_MODULE, "_alarms", "evaluate alarms on a timer")
_HISTORY = private_api.declare(
    _MODULE,
    "_record_history",
    "record an alarm's change of state",
    takes=("alarm_name", "old_state", "new_state", "reason", "alarm_type", "reason_data"),
)
_ACTIONS = private_api.declare(
    _MODULE,
    "_dispatch_alarm_actions",
    "notify topics of an alarm's change of state",
    takes=("alarm", "old_state", "new_state", "reason"),
)
_PARENTS = private_api.declare(
    _MODULE, "_evaluate_parent_alarms", "evaluate composite alarms when a child changes", takes=("child", "seen")
)
_COMPOSITES = private_api.declare(_MODULE, "_composite_alarms", "evaluate composite alarms on a timer")
_RULE_STATE = private_api.declare(
    _MODULE, "_composite_rule_state", "evaluate composite alarms on a timer", takes=("alarm",)
)
_TRANSITION = private_api.declare(
    _MODULE,
    "_transition_composite",
    "evaluate composite alarms on a timer",
    takes=("alarm", "new_state", "reason", "triggers", "seen"),
)

# Both the timer and PutMetricData evaluate alarms; announce each change once.
_lock = threading.Lock()

_OPERATORS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


def install() -> None:
    """Replace MiniStack's evaluation and also run it on the timer."""
    _EVALUATE.set(evaluate)
    timer.every_tick(_ALARMS, _EVALUATE_ALL.get())
    timer.every_tick(_COMPOSITES, _evaluate_composites)


def evaluate(alarm: dict[str, Any]) -> None:
    """Set the alarm's state from its datapoints; notify its topics and update composite alarms on a change."""
    if alarm.get("ComparisonOperator") not in _OPERATORS:
        return
    try:
        values = alarm_datapoints.of_alarm(alarm)
    except ValueError as error:
        logger.warning("Alarm %s is not evaluated: %s", alarm["AlarmName"], error)
        return
    with _lock:
        old = alarm["StateValue"]
        new = state(values, alarm)
        if new == old:
            return
        reason = _reason(new, values, alarm)
        now = int(time.time())
        alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=now, StateTransitionedTimestamp=now)
        recent = [value for value in values if value is not None]
        alarm["StateReasonData"] = json.dumps({"version": "1.0", "recentDatapoints": recent})
    _HISTORY.get()(alarm["AlarmName"], old, new, reason)
    _ACTIONS.get()(alarm, old, new, reason)
    _PARENTS.get()(alarm)


def state(values: Sequence[float | None], alarm: Mapping[str, Any]) -> str:
    """Return ALARM, OK or INSUFFICIENT_DATA for an alarm's values; `ignore` keeps the current state."""
    exceeds, _ = _OPERATORS[alarm["ComparisonOperator"]]
    threshold = float(alarm.get("Threshold") or 0)
    needed = int(alarm.get("DatapointsToAlarm") or len(values))
    breaching = sum(exceeds(value, threshold) for value in values if value is not None)
    missing = sum(value is None for value in values)
    treatment = alarm.get("TreatMissingData") or "missing"
    if treatment == "breaching":
        breaching += missing
    elif treatment == "ignore" and breaching < needed <= breaching + missing:
        return str(alarm["StateValue"])
    elif treatment == "missing" and missing:
        if missing == len(values):
            return "INSUFFICIENT_DATA"
        # With too few datapoints, CloudWatch decides by those that exist.
        needed = min(needed, len(values) - missing)
    return "ALARM" if breaching >= needed else "OK"


def _evaluate_composites() -> None:
    """Evaluate composite alarms, including those whose member alarms never change again."""
    for alarm in list(_COMPOSITES.get().values()):
        new = _RULE_STATE.get()(alarm)
        if new != alarm["StateValue"]:
            _TRANSITION.get()(alarm, new, f"The alarm rule evaluates to {new}", [])


def _reason(new: str, values: Sequence[float | None], alarm: Mapping[str, Any]) -> str:
    present = [value for value in values if value is not None]
    if not present:
        treated = alarm.get("TreatMissingData") or "missing"
        return f"Threshold Crossed: no datapoints were received for {len(values)} periods and {treated} missing data"
    at = datetime.now(UTC).strftime("%d/%m/%y %H:%M:%S")
    shown = ", ".join(f"{value} ({at})" for value in present)
    count = f"{len(present)} datapoint" + ("s" if len(present) > 1 else "")
    verb = ("was" if len(present) == 1 else "were") + ("" if new == "ALARM" else " not")
    words = _OPERATORS[alarm["ComparisonOperator"]][1]
    return f"Threshold Crossed: {count} [{shown}] {verb} {words} the threshold ({float(alarm['Threshold'])})."
