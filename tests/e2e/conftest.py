"""One local AWS for all end-to-end tests, which run in the order of their file names, from deploy to destroy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.cloud import Cloud
from tests.e2e.deployment import cloud, demo, deployed  # noqa: F401
from tools.browser import chromium
from tools.browser.console_page import launched


@pytest.fixture(scope="module")
def browser(deployed: Cloud) -> Iterator[Browser]:  # noqa: F811
    """A headless Chromium; each test opens its own page."""
    if chromium.find() is None:
        pytest.skip("there is no Chromium: `python -m tools.browser.chromium` says why none could be installed")
    with launched() as started:
        yield started
