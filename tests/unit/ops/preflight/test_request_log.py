"""Tests preflight's findings about the request log's rate, and about DynamoDB's one-time charge for it."""

from __future__ import annotations

import pytest
import yaml

from contracts.api import limits
from environments.settings import load
from ops.preflight import offline, request_log
from tests.unit.ops.preflight.conftest import ROOT, TODAY, Change


@pytest.mark.parametrize(
    ("units", "requests", "verdict", "message"),
    [
        (4_000, 200, "ok", "that is 20 texts of up to 1 KB a request"),
        (4_000, 20, "ok", "that is 64 texts of up to 1 KB a request"),
        (250, 200, "ok", "that is one text of up to 1 KB a request"),
        (250, 251, "warning", "the log takes 250 write units"),
    ],
)
def test_the_rate_is_held_against_the_throttle(
    settings: Change, units: int, requests: int, verdict: str, message: str
) -> None:
    changed = settings(data={"write_rate": units}, api={"throttle_rate": requests})
    [finding] = request_log.look(changed)
    assert (finding.area, finding.verdict) == ("log", verdict)
    assert message in finding.what
    assert bool(finding.todo) == (verdict == "warning")


def test_a_request_has_as_many_texts_as_the_api_takes() -> None:
    contract = yaml.safe_load((ROOT / "contracts" / "openapi.yaml").read_text(encoding="utf-8"))
    assert contract["components"]["schemas"]["TextList"]["maxItems"] == limits.MAX_TEXTS


@pytest.mark.parametrize(("units", "more"), [(8_000, "12000"), (4_001, "3")])
def test_above_the_default_it_says_what_is_charged_for(settings: Change, units: int, more: str) -> None:
    changed = settings(data={"write_rate": units})
    result = offline.look(changed, file="dev.yaml", approved=None, today=TODAY)
    [price] = [finding for finding in result if "charges" in finding.what]
    assert price.verdict == "unknown"
    assert f"once for {more} more write units" in price.what
    assert f"price unknown: see {request_log.PRICES}" in price.what
    assert settings().region in price.todo


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_the_shipped_environments_pay_nothing_and_are_well(env: str) -> None:
    assert [finding.verdict for finding in request_log.look(load(env, root=ROOT))] == ["ok"]
