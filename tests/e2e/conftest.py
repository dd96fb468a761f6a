"""One local AWS for all end-to-end tests, which run in the order of their file names: from nothing to nothing."""

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.cloud import Cloud
from tools import browser as chromium
from tools.console_page import launched


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A Cloud whose settings are written and whose demo has not run yet; stopped at the end whatever happened."""
    cloud = Cloud(folder=tmp_path_factory.mktemp("cloud"))
    cloud.write_settings({})
    try:
        yield cloud
    finally:
        cloud.local("down", check=False)


@pytest.fixture(scope="session")
def demo(cloud: Cloud) -> subprocess.CompletedProcess[str]:
    """The finished `make demo`, run once."""
    return cloud.local("demo", timeout=900)


@pytest.fixture(scope="session")
def deployed(cloud: Cloud, demo: subprocess.CompletedProcess[str]) -> Cloud:
    """The cloud, with everything deployed."""
    assert demo.returncode == 0
    return cloud


@pytest.fixture(scope="module")
def browser(deployed: Cloud) -> Iterator[Browser]:
    """A headless Chromium; each test opens a page of its own."""
    if chromium.found() is None:
        pytest.skip("there is no Chromium: `python -m tools.browser` says why none could be installed")
    with launched() as started:
        yield started
