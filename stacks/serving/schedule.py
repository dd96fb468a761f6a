"""Scheduled actions: times at which a scalable target's limits change."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_applicationautoscaling as autoscaling

from environments.sections.serving import ScheduledCapacity


def scheduled_actions(
    schedule: Sequence[ScheduledCapacity] | None,
) -> list[autoscaling.CfnScalableTarget.ScheduledActionProperty] | None:
    """The settings' schedule as actions; None without one.

    They move the limits between which the policies scale, so that neither undoes the other's work (Application Auto
    Scaling user guide, "Scheduled scaling").
    """
    if not schedule:
        return None
    target = autoscaling.CfnScalableTarget
    return [
        target.ScheduledActionProperty(
            scheduled_action_name=f"schedule-{number}",
            schedule=f"cron({entry.cron})",
            timezone=entry.time_zone,
            scalable_target_action=target.ScalableTargetActionProperty(
                min_capacity=entry.min_instances, max_capacity=entry.max_instances
            ),
        )
        for number, entry in enumerate(schedule, start=1)
    ]
