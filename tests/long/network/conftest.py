"""A local AWS with a private network of its own; everything that AWS refuses of one is refused here."""

from collections.abc import Iterator

import pytest

from tests.checkout import odd_checkout
from tests.e2e.cloud import Cloud

# What a run takes on two slow cores matters here, not how good the model is.
QUICK = {"model": "linear", "gate": {"max_regression": 0.5, "max_possible_regression": 1.0}}
PRIVATE = {"network": {"mode": "private"}, "training": QUICK}


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A Cloud with a private network, which is not deployed yet."""
    parent = tmp_path_factory.mktemp("private")
    cloud = Cloud(folder=parent / "state", checkout=odd_checkout(parent))
    cloud.write_settings(PRIVATE)
    try:
        yield cloud
    finally:
        cloud.local("down", check=False)
