"""The demo, the poisoned batch and the loop, each once."""

import pytest

from tests.e2e.cloud import Cloud


@pytest.fixture(scope="session")
def first(deployed: Cloud) -> str:
    """The model that serves before anything happens."""
    return str(deployed.status()["model_version"])


@pytest.fixture(scope="session")
def poisoned(deployed: Cloud, first: str) -> str:
    """What the poisoned batch printed."""
    return deployed.local("demo-loop", "--poison", timeout=300).stdout


@pytest.fixture(scope="session")
def looped(deployed: Cloud, poisoned: str) -> str:
    """What the loop printed."""
    return deployed.local("demo-loop", timeout=1200).stdout
