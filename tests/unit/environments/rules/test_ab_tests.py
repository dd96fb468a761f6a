"""A/B tests that could not start, and splits that could not be kept, are refused."""

from __future__ import annotations

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused, bedrock

REFUSED = [
    (
        "ab_tests: {new_models: replay, enabled: false}",
        "ab_tests.new_models: 'replay' is not allowed; ab_tests.enabled is false; use promote",
    ),
    (
        "ab_tests: {new_models: live}\ndata: {request_log_text: hash}\nserving: {data_capture_percent: 0}",
        "ab_tests.new_models: 'live' is not allowed; a test needs logged texts, and data.request_log_text is hash",
    ),
    (
        "ab_tests: {unit: key}\napi: {auth: iam}",
        "ab_tests.unit: 'key' is not allowed; it needs api.auth: keys (now iam); use text",
    ),
    (
        "ab_tests: {allocation: thompson, share: 0.05, least_share: 0.1}",
        "ab_tests.share: 0.05 is not allowed; a test begins with it: use ab_tests.least_share (0.1) to",
    ),
    (
        "ab_tests: {allocation: thompson, most_share: 0.05, least_share: 0.05}",
        "ab_tests.share: 0.1 is not allowed; a test begins with it",
    ),
    (
        "ab_tests: {replay_instance_type: ml.g5.xlarge}",
        "ab_tests.replay_instance_type: 'ml.g5.xlarge' is not allowed; the served model is int8 for x86 CPUs",
    ),
    ("ab_tests: {alpha: 0.5}", "ab_tests.alpha: 0.5 is not allowed"),
    ("ab_tests: {share: 0.6}", "ab_tests.share: 0.6 is not allowed"),
    ("ab_tests: {hourly_price: 0}", "ab_tests.hourly_price: 0 is not allowed"),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


def test_without_a_trained_model_none_is_tested(load_text: Loader) -> None:
    override = bedrock(backend="bedrock", labels=["a", "b"]) + "\n"
    override = override.strip()[:-1] + ', "ab_tests": {"new_models": "replay"}}'
    assert_refused(load_text, override, "ab_tests.new_models: 'replay' is not allowed; classifier.backend is bedrock")


@pytest.mark.parametrize(
    "override",
    [
        "ab_tests: {new_models: replay}",
        "ab_tests: {unit: key}",
        "ab_tests: {enabled: false}\ndata: {request_log_text: hash}\nserving: {data_capture_percent: 0}",
        "ab_tests: {share: 0.02}",
        "ab_tests: {allocation: thompson, share: 0.3, least_share: 0.1, most_share: 0.4}",
        "ab_tests: {replay_instance_type: ml.c7i.xlarge, hourly_price: 0.3}",
    ],
)
def test_allowed(load_text: Loader, override: str) -> None:
    load_text(override=override)
