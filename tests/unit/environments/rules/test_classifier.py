"""A Bedrock model that is never asked, or takes too long, is refused."""

from __future__ import annotations

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import NOVA, assert_refused, bedrock

REFUSED = [
    (
        bedrock(),
        f"classifier.bedrock.model_id: '{NOVA}' is not allowed; Bedrock is not used: set classifier.backend or",
    ),
    (
        bedrock(backend="bedrock", fallback="bedrock", labels=["A", "B"]),
        "classifier.fallback: 'bedrock' is not allowed; classifier.backend is bedrock already",
    ),
    (
        bedrock(backend="bedrock", labels=["A", "B"], more='{"endpoint_seconds": 3}'),
        "classifier.endpoint_seconds: 3 is not allowed; with classifier.backend bedrock there is no endpoint",
    ),
    (
        bedrock(fallback="bedrock", model_id=None),
        "classifier.bedrock.model_id: is required; name the foundation model that may be called",
    ),
    (
        bedrock(fallback="bedrock", labels=["A", "B"]),
        "classifier.bedrock.labels: ['A', 'B'] is not allowed; a fallback chooses from the approved model's labels",
    ),
    (
        bedrock(backend="bedrock"),
        "classifier.bedrock.labels: is required; classifier.backend is bedrock: name at least two labels",
    ),
    (
        bedrock(backend="bedrock", labels=["A"]),
        "classifier.bedrock.labels: ['A'] is not allowed; classifier.backend is bedrock: name at least two labels",
    ),
    (
        bedrock(backend="bedrock", labels=["A", "B", "A"]),
        "classifier.bedrock.labels: ['A', 'B', 'A'] is not allowed; name each label once",
    ),
    (
        bedrock(fallback="bedrock", timeout_seconds=9),
        "classifier.bedrock.timeout_seconds: 9 is not allowed; together with classifier.endpoint_seconds (6)",
    ),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


ALLOWED = [
    bedrock(backend="bedrock", labels=["A", "B"], timeout_seconds=16, region="eu-west-1"),
    bedrock(fallback="bedrock", inference_profile=f"us.{NOVA}", timeout_seconds=8),
    bedrock(
        fallback="bedrock",
        inference_profile="arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
        more='{"endpoint_seconds": 4}',
        timeout_seconds=10,
    ),
]


@pytest.mark.parametrize("override", ALLOWED)
def test_allowed(load_text: Loader, override: str) -> None:
    load_text(override=override)
