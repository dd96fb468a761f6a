"""Alarms, tests of two models, and decisions to train again or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from contracts.ab_tests import record
from contracts.deployment import buckets, stack_outputs
from ops.deployment import documents
from ops.deployment.alarm_names import short_name
from ops.deployment.cloud import Cloud
from ops.history.event import ALARM, DECISION, TEST, Event, happened


def of_alarms(cloud: Cloud, *, since: datetime | None) -> Iterator[Event]:
    """Each time that an alarm began to ring, and ended, by its runbook's name. CloudWatch keeps this for some weeks."""
    prefixes = (f"{cloud.settings.prefix}-", cloud.settings.stack_name(""))
    asked: dict[str, Any] = {"StartDate": since} if since else {}
    pages = (
        cloud.client("cloudwatch")
        .get_paginator("describe_alarm_history")
        .paginate(HistoryItemType="StateUpdate", AlarmTypes=["MetricAlarm", "CompositeAlarm"], **asked)
    )
    for item in (each for page in pages for each in page["AlarmHistoryItems"]):
        name = str(item["AlarmName"])
        if not name.startswith(prefixes):
            continue
        data = documents.parsed(item.get("HistoryData"))
        state = (data.get("newState") or {}).get("stateValue")
        before = (data.get("oldState") or {}).get("stateValue")
        if state == "ALARM" or before == "ALARM":
            reason = str((data.get("newState") or {}).get("stateReason") or "")
            short = short_name(name)
            what = f"{short} rings: {reason}" if state == "ALARM" else f"{short} has ended"
            yield from happened(item["Timestamp"], ALARM, what, by="CloudWatch", about=name, details={"state": state})


def of_tests(cloud: Cloud) -> Iterator[Event]:
    """Each test of two models: its start, its steps and its end."""
    bucket, s3 = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME), cloud.client("s3")
    seen = set[str]()
    for document in documents.under(s3, bucket=bucket, prefix=record.TESTS):
        test_id = document.get("test_id")
        # A test that has just ended is under both keys.
        if isinstance(test_id, str) and test_id not in seen and isinstance(document.get("plan"), dict):
            seen.add(test_id)
            yield from _of_test(document, test_id=test_id)


def _of_test(test: dict[str, Any], *, test_id: str) -> Iterator[Event]:
    sides = [str((test.get(side) or {}).get("version", "")) for side in ("challenger", "champion")]
    mode, by = test["plan"].get("mode", ""), str(test.get("by", ""))
    details = {"test": test_id, "mode": mode, "challenger": sides[0], "champion": sides[1]}
    what = f"the test {test_id} ({mode}) of {sides[0]} against {sides[1]} began"
    yield from happened(test.get("started_at"), TEST, what, by=by, about=sides[0], details=details)
    # The first step and the last say again that it began and ended.
    told = (test.get("started_at"), test.get("ended_at"))
    for step in test.get("steps") or []:
        if isinstance(step, dict) and step.get("what") and step.get("at") not in told:
            yield from happened(step.get("at"), TEST, f"{test_id}: {step['what']}", about=sides[0], details=details)
    if test.get("verdict"):
        looks = len(test.get("looks") or [])
        what = f"the test {test_id} ended as {test['verdict']} after {looks} labels: {test.get('reason', '')}"
        more = {**details, "verdict": test["verdict"], "promoted": test.get("promoted", "")}
        ended_by = str(test.get("ended_by", ""))
        yield from happened(test.get("ended_at"), TEST, what, by=ended_by, about=sides[0], details=more)


def of_decisions(cloud: Cloud) -> Iterator[Event]:
    """Each decision to train again or not."""
    bucket = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME)
    for made in documents.under(cloud.client("s3"), bucket=bucket, prefix=buckets.RETRAINING):
        run = str(made.get("run") or "")
        yield from happened(
            made.get("at"),
            DECISION,
            f"retraining: {made.get('outcome', '')}, by the clause {made.get('decided_by', '')}: "
            f"{made.get('reason', '')}",
            by=str(made.get("by") or ""),
            about=str(made.get("model_version") or ""),
            details={"decision": made.get("decision_id"), "outcome": made.get("outcome"), "run": run},
        )
