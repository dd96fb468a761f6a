"""Each alarm that the local AWS can cause rings for its fault, ends when the fault is gone, and is in the table."""

from __future__ import annotations

from tests.e2e.cloud import Cloud
from tests.e2e.test_30_idempotence import assert_no_differences
from tests.long.game_day import expected
from tests.long.game_day.day import Day
from tests.long.game_day.watch import alarms_of


def test_the_environment_has_the_alarms_of_the_tables(deployed: Cloud) -> None:
    assert alarms_of(deployed) == {*expected.CAUSED, *expected.NOT_CAUSED}


def test_each_alarm_rang_for_its_fault(day: Day) -> None:
    assert {name: fault for name, fault in expected.CAUSED.items() if name not in day.rung} == {}


def test_no_other_alarm_rang(day: Day) -> None:
    assert day.rung - set(expected.CAUSED) == set()


def test_each_alarm_ended_when_its_fault_was_gone(day: Day) -> None:
    assert day.left == set()


def test_the_environment_works_as_before(day: Day) -> None:
    assert day.cloud.rubric("status", "--check", check=False).returncode == 0
    with day.cloud.api() as api:
        assert day.answered_by_the_model(api)
    assert_no_differences(day.cloud)


def test_rubric_runbook_knows_the_names_of_the_local_aws(deployed: Cloud) -> None:
    for alarm in ("ClassifyErrors", "RuleUndelivered", "SettlingFailed", "RollbackFaults"):
        shown = deployed.rubric("runbook", alarm)
        assert "Some names are missing" not in shown.stderr, shown.stderr
        assert f"# {alarm}" in shown.stdout and " since 20" in shown.stdout, shown.stdout
