"""Scales: scheduled actions, target tracking by the metrics, and steps while an alarm rings.

AWS's alarms for target tracking are not made here: the same rule is evaluated on the metrics themselves.
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from local_aws import private_api
from local_aws.autoscaling import resources, schedules, tracking
from local_aws.autoscaling.service import POLICY, SCHEDULED, TARGET, AutoScaling, key_of
from local_aws.common import scope
from local_aws.common.errors import ApiError
from local_aws.common.store import Record
from local_aws.patches.cloudwatch import alarm_datapoints
from local_aws.sagemaker.plane import Plane

logger = logging.getLogger("local_aws.autoscaling")

_ALARMS = private_api.declare("ministack.services.cloudwatch", "_alarms", "scale while an alarm rings")
ACTIVITY = "scaling-activity"
_TICK_SECONDS = 5.0
_PERIOD_SECONDS = 60.0
_KEPT = 100


class Scaler:
    """Looks at every scalable target, again and again. now: seconds since 1970."""

    def __init__(self, autoscaling: AutoScaling, plane: Plane, *, now: Callable[[], float] = time.time) -> None:
        self._store = autoscaling.store
        self._plane = plane
        self._now = now
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start the thread; LOCAL_AWS_ALARM_SECONDS is its interval, 5 seconds by default."""
        threading.Thread(target=self._run, name="application-autoscaling", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def look(self) -> None:
        """Scale what is to be scaled now, in every account and region."""
        for owner in self._store.scopes():
            with scope.within(owner):
                for target in self._store.all(TARGET):
                    try:
                        self._look_at(target)
                    except Exception:  # one target must not stop the others
                        logger.exception("%s could not be scaled", target["ResourceId"])

    def _run(self) -> None:
        interval = float(os.environ.get("LOCAL_AWS_ALARM_SECONDS") or _TICK_SECONDS)
        while not self._stopped.wait(interval):
            self.look()

    def _look_at(self, target: Record) -> None:
        self._run_scheduled(target)
        there = resources.capacity(self._plane, target)
        if there is None:
            return
        if not there.busy:
            self._finish(target)
        low, high = int(target["MinCapacity"]), int(target["MaxCapacity"])
        if target.get("Bounds"):
            # A new target and a scheduled action bring the capacity between the limits; it waits while it is busy.
            bounded = min(max(there.desired, low), high)
            if bounded != there.desired and not self._scale(target, there, bounded, cause=str(target["Bounds"])):
                return
            target.pop("Bounds", None)
            if bounded != there.desired:
                return
        for policy in self._store.all(POLICY):
            if key_of(policy) != key_of(target) or there.busy:
                continue
            asked = self._asked(policy, there.desired)
            if asked is None:
                continue
            wanted = min(max(asked, low), high)
            if wanted != there.desired and self._cooled(policy, wanted > there.desired):
                cause = f"policy {policy['PolicyName']}"
                if self._scale(target, there, wanted, cause=cause):
                    policy["ScaledAt"] = self._now()
                return

    def _run_scheduled(self, target: Record) -> None:
        for action in self._store.all(SCHEDULED):
            due = action.get("NextAt")
            if key_of(action) != key_of(target) or due is None or due > self._now():
                continue
            action["NextAt"] = schedules.following(action, after=self._now())
            limits = action.get("ScalableTargetAction") or {}
            for member in ("MinCapacity", "MaxCapacity"):
                if member in limits:
                    target[member] = limits[member]
            target["Bounds"] = f"scheduled action name {action['ScheduledActionName']}"

    def _asked(self, policy: Record, current: int) -> int | None:
        if "TargetTrackingScalingPolicyConfiguration" in policy:
            metric = tracking.metric_of(policy)
            if metric is None or not current:  # "cannot scale out from zero": there is no metric by copy
                return None
            periods = max(tracking.PERIODS_OUT, _periods_in())
            values = alarm_datapoints.series(
                metric, statistic="Sum", period=_period(), periods=periods, end=self._now()
            )
            target = float(policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"])
            # A request a minute is the target's unit, whatever the length of a period here.
            per_minute = [None if value is None else value * _PERIOD_SECONDS / _period() for value in values]
            return tracking.wanted(per_minute, target=target, current=current, periods_in=_periods_in())
        breach = self._breach(policy["PolicyARN"])
        return None if breach is None else tracking.stepped(policy, breach=breach, current=current)

    def _breach(self, arn: str) -> float | None:
        """By how much an alarm that rings, and has the policy as its action, is over its threshold."""
        for alarm in list(_ALARMS.get().values()):
            if arn in (alarm.get("AlarmActions") or []) and alarm["StateValue"] == "ALARM":
                values = [value for value in alarm_datapoints.of_alarm(alarm) if value is not None]
                return (max(values) if values else float(alarm["Threshold"])) - float(alarm["Threshold"])
        return None

    def _cooled(self, policy: Record, out: bool) -> bool:
        tracked = policy.get("TargetTrackingScalingPolicyConfiguration")
        stepped: dict[str, Any] = policy.get("StepScalingPolicyConfiguration") or {}
        if tracked is None:
            seconds = float(stepped.get("Cooldown", 300))
        else:
            seconds = float(tracked.get("ScaleOutCooldown" if out else "ScaleInCooldown", 300))
        # Shorter with the periods, so that a local AWS with quick periods does not wait for AWS's cooldowns.
        return self._now() - float(policy.get("ScaledAt", 0.0)) >= seconds * _period() / _PERIOD_SECONDS

    def _scale(self, target: Record, there: resources.Capacity, wanted: int, *, cause: str) -> bool:
        """Ask for a capacity; False if the resource cannot change now."""
        if there.busy:
            return False
        try:
            resources.scale(self._plane, target, wanted)
        except ApiError as refused:
            logger.info("%s was not scaled to %s: %s", target["ResourceId"], wanted, refused.message)
            return False
        name = str(uuid.uuid4())
        activity = {name: target[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
        activity |= {"ActivityId": name, "Description": resources.described(target, wanted), "Cause": cause}
        self._store.put(ACTIVITY, name, activity | {"StartTime": self._now(), "StatusCode": "InProgress"})
        for old in self._store.all(ACTIVITY)[:-_KEPT]:
            self._store.remove(ACTIVITY, old["ActivityId"])
        return True

    def _finish(self, target: Record) -> None:
        for activity in self._store.all(ACTIVITY):
            if activity["ResourceId"] == target["ResourceId"] and activity["StatusCode"] == "InProgress":
                activity |= {"StatusCode": "Successful", "EndTime": self._now()}


def _period() -> int:
    """How long a period of a target tracking policy is: LOCAL_AWS_SCALING_SECONDS, 60 as on AWS by default."""
    return max(1, int(os.environ.get("LOCAL_AWS_SCALING_SECONDS") or _PERIOD_SECONDS))


def _periods_in() -> int:
    """How many idle periods scale in: LOCAL_AWS_SCALE_IN_PERIODS, 15 as on AWS by default."""
    return max(1, int(os.environ.get("LOCAL_AWS_SCALE_IN_PERIODS") or tracking.PERIODS_IN))
