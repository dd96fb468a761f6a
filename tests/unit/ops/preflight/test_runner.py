"""Checks run side by side: a slow one does not hold up the others."""

from __future__ import annotations

import time

from ops.preflight import runner
from ops.preflight.finding import Finding
from ops.preflight.runner import Check


def test_a_check_that_takes_too_long_is_unknown_and_the_others_are_not() -> None:
    def slow() -> list[Finding]:
        time.sleep(5)
        return []

    def quick() -> list[Finding]:
        return [Finding(area="region", verdict="ok", what="here")]

    started = time.monotonic()
    result = runner.run(
        [
            Check(area="quotas", subject="quotas", permission="a:B", look=slow),
            Check(area="region", subject="region", permission="a:B", look=quick),
            Check(area="images", subject="images", permission="a:B", look=lambda: []),
        ],
        seconds=0.3,
    )
    assert time.monotonic() - started < 2
    assert [(finding.area, finding.verdict) for finding in result] == [("quotas", "unknown"), ("region", "ok")]
