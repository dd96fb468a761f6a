"""One deployment for all tests here, whose settings they change; its first model is the quickest to train."""

import subprocess

import pytest

from tests.e2e.cloud import Cloud


@pytest.fixture(scope="session")
def demo(cloud: Cloud) -> "subprocess.CompletedProcess[str]":
    """The finished `make demo`, run once."""
    cloud.write_settings({"training": {"model": "linear"}})
    return cloud.local("demo", timeout=900)
