"""Tests the dashboard."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synthesised


def test_the_dashboard_shows_each_part(each: Synthesised) -> None:
    [dashboard] = each.resources("monitoring", "AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["Properties"]["DashboardBody"])
    for shown in (
        "Alarms",
        "API: latency",
        "Predicted labels",
        "Confidence",
        "Request log",
        "Endpoint: time",
        "Training: runs",
    ):
        assert shown in body, shown
