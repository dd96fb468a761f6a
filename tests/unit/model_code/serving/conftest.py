"""A classifier of the model that is trained for the session."""

from __future__ import annotations

import pytest

from model_code.serving.classifier import Classifier
from tests.unit.model_code.conftest import Job


@pytest.fixture(scope="module")
def classifier(trained: Job) -> Classifier:
    return Classifier(trained.model)
