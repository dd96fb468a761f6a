"""An environment of a few resources, and prices that are easy to count with."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.prices import snapshot
from environments.settings import Settings, load
from ops.cost.amounts import Amounts
from ops.cost.traffic import Traffic
from ops.deployment.cloud import ROOT

REGION = "us-east-1"
API, SERVING, TRAINING, DATA, MONITORING = (
    f"Rubric-dev-{part}" for part in ("Api", "Serving", "Training", "Data", "Monitoring")
)


def settings(**changed: Any) -> Settings:
    """dev's settings with others, by `section__key`."""
    found = load("dev", root=ROOT)
    for name, value in changed.items():
        section, _, key = name.partition("__")
        part = getattr(found, section).model_copy(update={key: value})
        found = found.model_copy(update={section: part})
    return found


def traffic(low: float, expected: float, high: float, *, texts: float = 1.0) -> Traffic:
    """Requests a day."""
    return Traffic(requests=Amounts(low, expected, high), texts_per_request=texts, origin="a test's traffic")


def prices(monkeypatch: pytest.MonkeyPatch, **usd: float) -> None:
    """Only these prices, with `__` for a point and `_dot_` for one in an instance type."""
    found = {name.replace("__", "."): (price, "test") for name, price in usd.items()}
    monkeypatch.setattr(snapshot, "PRICES", {REGION: found})
    monkeypatch.setattr(snapshot, "SOURCES", {"test": ("a test", "https://example.org", "2026-11-01")})


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    """A template of resources by logical id."""
    return {"Resources": resources}


def resource(type_: str, **properties: Any) -> dict[str, Any]:
    """A resource."""
    return {"Type": type_, "Properties": properties}
