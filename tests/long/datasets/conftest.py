"""One deployment for all tests here: files of five formats, with names that need care at every step."""

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.cloud import Cloud
from tests.long.datasets import files
from tools.browser import chromium
from tools.browser.console_page import launched

FOLDER, BESIDE = "Büro & Texte 100%25", "體育.tsv"


@pytest.fixture(scope="session")
def demo(cloud: Cloud) -> subprocess.CompletedProcess[str]:
    """The finished `make demo`, run once, on a list of a folder and a file."""
    places = [cloud.folder / FOLDER, cloud.folder / BESIDE]
    files.write_mixed(*places)
    dataset = {
        "source": "file",
        "path": [str(place) for place in places],
        "text_column": files.TEXT_COLUMN,
        "label_column": files.LABEL_COLUMN,
    }
    cloud.write_settings(
        {
            "data": {"dataset": dataset, "labels": files.MAPPING},
            "training": {"model": "blend", "hyperparameters": {"epochs": 2}},
        }
    )
    return cloud.local("demo", timeout=900)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    if chromium.find() is None:
        pytest.skip("there is no Chromium: `python -m tools.browser.chromium` says why none could be installed")
    with launched() as started:
        yield started
