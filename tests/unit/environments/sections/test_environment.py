"""Tests what follows from an environment's settings: names, and features of its region."""

from __future__ import annotations

import pytest

from tests.unit.environments.conftest import MINIMAL, Loader


def test_names_follow_from_the_file(load_text: Loader) -> None:
    settings = load_text(name="staging")
    assert settings.prefix == "rubric-staging"
    assert settings.stack_name("Data") == "Rubric-staging-Data"
    assert settings.approved_model_parameter == "/rubric/staging/approved-model"
    assert settings.endpoint_name == "rubric-staging"


def test_a_serverless_endpoint_has_a_name_of_its_own(load_text: Loader) -> None:
    head = MINIMAL[: MINIMAL.index("serving:")]
    serving = "mode: serverless, container: huggingface, serverless_memory_mb: 2048, serverless_max_concurrency: 5"
    text = f"{head}serving: {{{serving}}}\n"
    assert load_text(text).endpoint_name == "rubric-test-serverless"


@pytest.mark.parametrize(
    ("region", "choice", "expected"),
    [
        ("us-east-1", "", True),
        ("us-east-1", "api: {snap_start: false}\n", False),
        ("us-gov-west-1", "", False),
        ("us-gov-west-1", "api: {snap_start: false}\n", False),
        ("eusc-de-east-1", "", False),
    ],
)
def test_snap_start_is_where_the_region_has_it(region: str, choice: str, expected: bool, load_text: Loader) -> None:
    assert load_text(f"region: {region}\n{MINIMAL}{choice}").snap_start is expected
