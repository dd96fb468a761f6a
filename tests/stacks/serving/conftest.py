"""Environments whose image CodeBuild or Docker builds."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synthesise, Synthesised


@pytest.fixture(scope="session")
def codebuild(synthesise: Synthesise) -> Synthesised:
    """The dev environment with an image that CodeBuild makes."""
    return synthesise("dev", change="serving: {threads: 2}")


@pytest.fixture(scope="session")
def docker(synthesise: Synthesise, tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """The dev environment with an image that Docker makes where it is deployed from."""
    change = "serving: {image_build: docker}"
    return synthesise("dev", change=change, outdir=tmp_path_factory.mktemp("out"))
