"""The fixtures for a local AWS and for the output of `make demo` on it; a conftest imports them."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.checkout import ODD, odd_checkout
from tests.e2e.cloud import Cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A Cloud whose settings are written and whose demo has not run yet; stopped at the end whatever happened.

    Its checkout and its state are at paths with a space, an apostrophe and letters beyond ASCII.
    """
    parent = tmp_path_factory.mktemp("cloud")
    cloud = Cloud(folder=parent / f"state of {ODD}", checkout=odd_checkout(parent))
    cloud.write_settings({})
    try:
        yield cloud
    finally:
        cloud.local("down", check=False)


@pytest.fixture(scope="session")
def demo(cloud: Cloud) -> subprocess.CompletedProcess[str]:
    """The finished `make demo`, run once."""
    return cloud.run("make", "-s", "demo", timeout=900)


@pytest.fixture(scope="session")
def deployed(cloud: Cloud, demo: subprocess.CompletedProcess[str]) -> Cloud:
    """The cloud, with everything deployed."""
    assert demo.returncode == 0
    return cloud
