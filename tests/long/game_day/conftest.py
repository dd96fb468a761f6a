"""The demo with a fallback, so that callers are answered while the endpoint is down, and its game day."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.checkout import odd_checkout
from tests.e2e.cloud import Cloud
from tests.long.game_day.day import Day

# The endpoint's time is short: a request waits for it while its server is stopped.
FALLBACK = {"fallback": "bedrock", "endpoint_seconds": 4, "bedrock": {"model_id": "amazon.nova-micro-v1:0"}}


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A Cloud of its own, stopped at the end whatever happened."""
    parent = tmp_path_factory.mktemp("cloud")
    cloud = Cloud(folder=parent / "state", checkout=odd_checkout(parent))
    cloud.write_settings({"classifier": FALLBACK, "training": {"model": "linear"}})  # the quickest to train
    try:
        yield cloud
    finally:
        cloud.local("down", check=False)


@pytest.fixture(scope="session")
def day(deployed: Cloud) -> Day:
    """The game day, after all its faults are over and every alarm had time to end."""
    day = Day(deployed)
    day.run()
    return day
