"""Tests the names by which runbooks are found, and the placeholders that are filled."""

from __future__ import annotations

import pytest

from ops.errors import NOT_FOUND, OpsError
from ops.monitoring import runbooks
from tests.unit.ops.conftest import ROOT

NAMES = [
    ("ClassifyErrors", "ClassifyErrors"),
    ("classifyerrors", "ClassifyErrors"),
    ("ClassifyErrors.md", "ClassifyErrors"),
    ("Rubric-dev-Monitoring-AlarmsClassifyErrors0A1B2C3D-1XYZABCDEFGH", "ClassifyErrors"),
    ("Rubric-dev-Monitoring-AlarmsApi5xx0A1B2C3D-1XYZABCDEFGH", "Api5xx"),
    ("Newsdesk-a-Monitoring-b-Monitoring-AlarmsApi5xxFFFFFFFF-X", "Api5xx"),
    ("rubric-dev-rollback-BadAnswers", "RollbackBadAnswers"),
    ("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:rubric-dev-serverless-rollback-Faults", "RollbackFaults"),
    (
        "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:Rubric-dev-Monitoring-AlarmsLogParked0A1B2C3D-XYZ",
        "LogParked",
    ),
]


@pytest.mark.parametrize(("given", "page"), NAMES)
def test_an_alarm_s_page_is_found_by_each_of_its_names(given: str, page: str) -> None:
    assert runbooks.find(ROOT, given).stem == page


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("ClasifyError", "There is no alarm ClasifyError: did you mean ClassifyErrors"),
        ("README", "There is no alarm README"),
        ("", "`rubric runbook` lists them"),
        ("../../README", "There is no alarm"),
        ("x" * 100_000, "`rubric runbook` lists them"),
    ],
)
def test_another_name_is_refused_with_similar_ones(given: str, message: str) -> None:
    with pytest.raises(OpsError, match="There is no alarm") as raised:
        runbooks.find(ROOT, given)
    assert message in str(raised.value) and raised.value.status == NOT_FOUND


def test_placeholders_are_filled_and_others_stay() -> None:
    text = "`<env>` <function request_log_api> a < b > c <table gone> <env>"
    assert runbooks.placeholders(text) == ["env", "function request_log_api", "table gone"]
    filled = runbooks.filled(text, {"env": "dev", "function request_log_api": "f"})
    assert filled == "`dev` f a < b > c <table gone> dev"


def test_a_meaning_is_the_first_sentence() -> None:
    assert runbooks.meaning("# A\n\n## What it means\n\nFirst.\nSecond.\n\n## What to look at\n") == "First."
    assert runbooks.meaning("# A\n") == ""
