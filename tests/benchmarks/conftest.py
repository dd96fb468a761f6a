"""The tiny model that the tests of the model code train, too."""

from __future__ import annotations

import pytest

from tests.unit.model_code.conftest import Job, tiny_job


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A tiny model, trained once for the whole session."""
    return tiny_job(tmp_path_factory.getbasetemp() / "tiny")
