"""The environments that have what no file of environments/ asks for."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synthesise, Synthesised

FALLBACK = "classifier: {fallback: bedrock, bedrock: {model_id: amazon.nova-micro-v1:0}}"
FEATURES = "features: {store: dynamodb}"
THRESHOLD = "api: {threshold: 0.6}"
SLEEPS = """
serving: {min_instances: 0, max_instances: 2, target_invocations_per_instance: 600, data_capture_percent: null}
"""


@pytest.fixture(scope="session")
def asleep(synthesise: Synthesise) -> Synthesised:
    """Everything that writes metrics, and a model that sleeps: no instance of it has to be healthy."""
    return synthesise("dev", change="\n".join((FALLBACK, FEATURES, THRESHOLD, SLEEPS)))
