"""One deployment for all tests here: the demo with the container that dev and prod have, built by CodeBuild."""

import subprocess

import pytest

from tests.e2e.cloud import Cloud
from tools.bundling import build, targets


@pytest.fixture(scope="session")
def demo(cloud: Cloud) -> subprocess.CompletedProcess[str]:
    """The finished `make demo`, run once, with an image that is built in the account."""
    build.build([*targets.TARGETS, targets.LEAN_IMAGE], root=cloud.checkout, out=cloud.checkout / "build")
    cloud.write_settings({"serving": {"image": None, "image_build": "codebuild"}})
    return cloud.local("demo", timeout=900)
