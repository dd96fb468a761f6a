"""One deployment for all tests here: the demo with the container of dev and prod, built by CodeBuild."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.checkout import odd_checkout
from tests.e2e.cloud import Cloud
from tests.e2e.conftest import browser  # noqa: F401
from tools.bundling import build, targets


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A Cloud whose state is at a plain path: the shell scripts of the SDK's ModelTrainer can name no other."""
    parent = tmp_path_factory.mktemp("cloud")
    cloud = Cloud(folder=parent / "state", checkout=odd_checkout(parent))
    cloud.write_settings({})
    try:
        yield cloud
    finally:
        cloud.local("down", check=False)


@pytest.fixture(scope="session")
def demo(cloud: Cloud) -> subprocess.CompletedProcess[str]:
    """The finished `make demo`, run once, with an image that is built in the account."""
    build.build([*targets.TARGETS, targets.LEAN_IMAGE], root=cloud.checkout, out=cloud.checkout / "build")
    cloud.write_settings({"serving": {"image": None, "image_build": "codebuild"}})
    return cloud.local("demo", timeout=900)
