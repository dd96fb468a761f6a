"""Tests the sentences about a load test's steps."""

from ops.load import findings
from ops.load.locust_process import LocustResult
from ops.load.plan import Plan
from ops.load.steps import Step


def plan(**changes: object) -> Plan:
    values = {
        "host": "h",
        "path": "/p",
        "texts": "",
        "users": 50,
        "seconds": 60,
        "p95_ms": 500,
        "result": "",
        "report": "",
    }
    return Plan(**{**values, **changes})  # type: ignore[arg-type]


def test_the_findings_derive_the_scaling_target_and_warn_of_a_busy_generator():
    busy = Step(users=4, seconds=10, answered=2000, p50_ms=1, p95_ms=2, p99_ms=3, generator_cpu=0.97)
    message = " ".join(findings.sentences(LocustResult([busy]), plan(), instances=2))
    assert "200.0 requests a second with 4 users, 95 of 100 within 2 ms" in message
    assert "serving.target_invocations_per_instance: 3000" in message  # 200 * 60 * 0.5 / 2
    assert "From 4 users on the load generator took 97% of a core" in message
    message = " ".join(findings.sentences(LocustResult([busy]), plan(texts_per_request=8), instances=None))
    assert "1600 texts a second" in message and "target_invocations" not in message
