"""Tests the checks that need no account."""

from __future__ import annotations

import pytest

from ops.preflight import offline
from tests.unit.ops.preflight.conftest import Change


@pytest.mark.parametrize(
    ("training", "approved", "verdict"),
    [
        ({}, None, "ok"),
        ({"max_runtime_minutes": 45}, False, "ok"),
        ({"max_runtime_minutes": 46, "longer_than_first_deploy": True}, False, "refused"),
        ({"max_runtime_minutes": 46, "longer_than_first_deploy": True}, None, "warning"),
        ({"max_runtime_minutes": 46, "longer_than_first_deploy": True}, True, "ok"),
        ({"spot": True}, False, "warning"),
        ({"spot": True}, True, "ok"),
    ],
)
def test_the_hour(settings: Change, training: dict[str, object], approved: bool | None, verdict: str) -> None:
    [finding] = offline.hour(settings(training=training), approved=approved)
    assert finding.verdict == verdict
    assert bool(finding.todo) == (verdict != "ok")


def test_instances_that_the_price_list_has_not_got_in_the_region(settings: Change) -> None:
    assert {finding.verdict for finding in offline.instances(settings())} == {"ok"}
    result = offline.instances(settings(region="ap-southeast-1"))
    assert [finding.verdict for finding in result if "for training" in finding.what] == ["ok"]
    result = offline.instances(settings(region="me-south-1"))
    assert [finding.verdict for finding in result] == ["warning", "warning"]
    assert [finding.verdict for finding in offline.instances(settings(region="xx-nowhere-1"))] == ["warning"]


@pytest.mark.parametrize(("program", "verdict"), [("sh", "ok"), ("no-such-docker", "refused")])
def test_docker_has_to_be_here_where_it_builds(
    settings: Change, monkeypatch: pytest.MonkeyPatch, program: str, verdict: str
) -> None:
    monkeypatch.setenv("CDK_DOCKER", program)
    [finding] = offline.docker(settings(serving={"image_build": "docker"}))
    assert finding.verdict == verdict
    assert offline.docker(settings()) == []
