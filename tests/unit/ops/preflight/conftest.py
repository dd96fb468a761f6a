"""Commands that ask a test's own account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environments.settings import Settings, load
from ops.deployment.cloud import Cloud
from tests.unit.ops.preflight.account import Account

ROOT = Path(__file__).resolve().parents[4]
TODAY = dt.date(2026, 3, 1)  # no image that an environment has named was past its end then
Change = Callable[..., Settings]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account behind every client that the command makes; nothing is amiss in it."""
    value = Account()

    def client(self: Cloud, service: str, *, region: str | None = None, config: Any = None) -> Any:
        return value.client(service, region or self.settings.region)

    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(Cloud, "client", client)
    monkeypatch.setattr("ops.commands.preflight.today", lambda: TODAY)
    return value


@pytest.fixture
def settings() -> Change:
    """dev's settings with sections changed: `settings(training={"spot": True})`. Not validated again."""
    dev = load("dev", root=ROOT)

    def change(**sections: Any) -> Settings:
        update = {
            name: getattr(dev, name).model_copy(update=fields)
            if isinstance(fields, dict) and name != "tags"
            else fields
            for name, fields in sections.items()
        }
        return dev.model_copy(update=update)

    return change
