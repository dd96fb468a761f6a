"""Records of tests, as the function returns them."""

from __future__ import annotations

from typing import Any

from lambda_src.ab_test.statistics.judge import judge
from tests.unit.lambda_src.ab_test.statistics import made
from tests.unit.ops.promoted_models import NEW, OLD, uri

TEST_ID = "20261120-213501-3fa9"
NASTY = 'a "label" <b>&amp; \x1b[31m\u202e'


def running(labels: str = "", *, goal: str = "better", mode: str = "replay", **changes: Any) -> dict[str, Any]:
    """Of a test that runs. labels: as for `made.differing`."""
    plan = made.plan(goal=goal, mode=mode)  # type: ignore[arg-type]
    differing = made.differing(labels)
    judged = judge(plan, differing, 1_000)
    return {
        "layout": 1,
        "test_id": TEST_ID,
        "phase": "running",
        "plan": plan,
        "champion": {"version": OLD, "artifact_uri": uri(OLD), "package_arn": ""},
        "challenger": {"version": NEW, "artifact_uri": uri(NEW), "package_arn": ""},
        "by": "arn:aws:sts::123456789012:assumed-role/ops/anna",
        "started_at": "2026-11-20T21:35:01.000Z",
        "running_since": "2026-11-20T21:40:00.000Z",
        "ended_at": "",
        "ended_by": "",
        "verdict": None,
        "reason": judged.reason,
        "promoted": "",
        "compared": 1_000,
        "disagreements": [each for each in differing if each["label"]],
        "open": sum(not each["label"] for each in differing),
        "looks": judged.looks,
        "behaviour": {},
        "split": {},
        "progress": {},
        "steps": [{"at": "2026-11-20T21:35:01.000Z", "what": f"anna starts a {mode} of {NEW}"}],
        **changes,
    }


def ended(verdict: str, labels: str = "n" * 15, **changes: Any) -> dict[str, Any]:
    """Of a test that has ended."""
    return running(labels, phase="ended", verdict=verdict, ended_at="2026-11-21T10:00:00.000Z", **changes)


BEHAVIOUR = {
    "champion": {
        "texts": 900, "requests": 700, "errors": 0, "answered_by_other": 0, "p50_ms": 12.1, "p90_ms": 20, "p99_ms": 31,
    },
    "challenger": {
        "texts": 100, "requests": 80, "errors": 1, "answered_by_other": 3, "p50_ms": None, "p90_ms": None,
    },
}  # fmt: skip
SPLIT = {"state": "not-as-planned", "units": 1_000, "challenger": 40, "expected": 100.0, "log10_evidence": 6.0}
