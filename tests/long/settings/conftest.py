"""One local AWS for all tests here, whose settings they change; its models are the quickest to train."""

import subprocess

import pytest

from tests.e2e.cloud import Cloud

LINEAR = {"model": "linear"}
QUICK = {**LINEAR, "gate": {"max_regression": 0.5, "max_possible_regression": 1.0}}


@pytest.fixture(scope="session")
def demo(cloud: Cloud) -> "subprocess.CompletedProcess[str]":
    """The finished `make demo`, run once."""
    cloud.write_settings({"training": LINEAR})
    return cloud.local("demo", timeout=900)


@pytest.fixture(scope="session")
def private(deployed: Cloud) -> Cloud:
    """The cloud after a destroy and a second demo, now with a private network."""
    deployed.local("destroy", timeout=180)
    deployed.write_settings({"network": {"mode": "private"}, "training": QUICK})
    deployed.local("demo", timeout=900)
    return deployed
