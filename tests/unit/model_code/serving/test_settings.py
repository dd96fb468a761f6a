"""The servers' settings: refused by name, and other limits in a transform job."""

from __future__ import annotations

import pytest

from model_code.serving.settings import MIB, Settings, SettingsError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RUBRIC_MAX_WAITING_TEXTS", "0"),
        ("RUBRIC_MAX_BATCH_TOKENS", "-5"),
        ("RUBRIC_MAX_BODY_BYTES", "6 MiB"),
        ("RUBRIC_REQUEST_SECONDS", "nan"),
        ("RUBRIC_REQUEST_SECONDS", "0"),
        ("RUBRIC_ACCESS_LOG", "maybe"),
        ("RUBRIC_NATIVE", "amx"),
        ("SAGEMAKER_BIND_TO_PORT", "http"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is '{value}': set it to "):
        Settings.from_environment({name: value})


def test_a_transform_job_has_its_own_limits() -> None:
    job = {"SAGEMAKER_BATCH": "true", "SAGEMAKER_MAX_PAYLOAD_IN_MB": "20"}
    transform, usual = Settings.from_environment(job), Settings.from_environment({"RUBRIC_ACCESS_LOG": "off"})
    assert (transform.max_body_bytes, usual.max_body_bytes) == (20 * MIB, 6 * MIB)
    assert transform.request_seconds > usual.request_seconds
    assert transform.max_waiting_texts > usual.max_waiting_texts
    assert (transform.access_log, usual.access_log) == (True, False)
    assert Settings.from_environment(job | {"RUBRIC_REQUEST_SECONDS": "2.5"}).request_seconds == 2.5
