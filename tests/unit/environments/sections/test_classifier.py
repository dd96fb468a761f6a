"""Tests the forms of a Bedrock model's name."""

from __future__ import annotations

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused, bedrock

REFUSED = [
    (
        bedrock(fallback="bedrock", inference_profile="us.amazon"),
        "classifier.bedrock.inference_profile: 'us.amazon' is not allowed; use an inference profile's id such as",
    ),
    (
        bedrock(fallback="bedrock", model_id="nova micro"),
        "classifier.bedrock.model_id: 'nova micro' is not allowed; use a foundation model's id such as",
    ),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)
