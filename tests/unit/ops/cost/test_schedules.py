"""How often schedules run in a month."""

import pytest

from ops.cost import schedules
from ops.cost.traffic import DAYS


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        ("rate(1 minute)", DAYS * 1440),
        ("rate(5 minutes)", DAYS * 288),
        ("rate(1 hour)", DAYS * 24),
        ("rate(7 days)", DAYS / 7),
        ("cron(0 3 ? * MON *)", DAYS / 7),
        ("cron(0 3 * * ? *)", DAYS),
        ("cron(0/15 8-17 ? * MON-FRI *)", DAYS * 4 * 10 * 5 / 7),
        ("cron(0 3 1,15 * ? *)", DAYS * 2 / 31),
    ],
)
def test_runs_a_month(expression: str, runs: float) -> None:
    assert schedules.runs_a_month(expression) == pytest.approx(runs)


@pytest.mark.parametrize("expression", ["at(2026-11-30T00:00:00)", "cron(0 3 ? * XXX-YYY *)", "", "rate(1 week)"])
def test_what_cannot_be_counted_is_not_guessed(expression: str) -> None:
    assert schedules.runs_a_month(expression) is None
