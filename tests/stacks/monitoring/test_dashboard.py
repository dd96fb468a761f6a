"""Tests the dashboard."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synthesise, Synthesised


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


def test_uncertain_answers_are_shown_where_there_is_a_threshold(dev: Synthesised, synthesise: Synthesise) -> None:
    for environment, shown in ((dev, False), (synthesise("dev", change="api: {threshold: 0.6}"), True)):
        [dashboard] = environment.resources("monitoring", "AWS::CloudWatch::Dashboard").values()
        assert ("uncertain texts" in json.dumps(dashboard["Properties"]["DashboardBody"])) is shown
