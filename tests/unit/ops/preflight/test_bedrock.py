"""Tests whether the account may call the Bedrock model."""

from __future__ import annotations

import pytest

from ops.preflight import bedrock
from tests.unit.ops.conftest import run
from tests.unit.ops.preflight.account import Account, error
from tests.unit.ops.preflight.conftest import Change

NOVA = "amazon.nova-micro-v1:0"
AVAILABLE = {
    "modelId": NOVA,
    "agreementAvailability": {"status": "AVAILABLE"},
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}


def look(account: Account, settings: Change, **changes: object) -> list[bedrock.Finding]:
    section = settings().classifier.bedrock.model_copy(update={"model_id": NOVA, **changes})
    changed = settings(classifier={"backend": "bedrock", "bedrock": section})
    return bedrock.look(account.client("bedrock", "us-east-1"), settings=changed)


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({}, "ok", "is available in us-east-1"),
        ({"authorizationStatus": "NOT_AUTHORIZED"}, "refused", "not authorised"),
        ({"entitlementAvailability": "NOT_AVAILABLE"}, "refused", "not entitled"),
        ({"regionAvailability": "NOT_AVAILABLE"}, "refused", "not available in us-east-1"),
        # A third-party model's agreement is made at its first call.
        (
            {"agreementAvailability": {"status": "NOT_AVAILABLE"}},
            "warning",
            "agreement with its provider is not available",
        ),
    ],
)
def test_a_models_availability(
    account: Account, settings: Change, change: dict[str, object], verdict: str, words: str
) -> None:
    account.answers["GetFoundationModelAvailability"] = {**AVAILABLE, **change}
    [finding] = look(account, settings)
    assert finding.verdict == verdict
    assert words in finding.what
    assert bool(finding.todo) == (verdict != "ok")


def test_a_model_that_bedrock_does_not_know(account: Account, settings: Change) -> None:
    account.answers["GetFoundationModelAvailability"] = error("ResourceNotFoundException")
    [finding] = look(account, settings)
    assert finding.verdict == "refused"


@pytest.mark.parametrize("profile", ["us.amazon.nova-micro-v1:0", "nobody.has-this-v1:0"])
def test_an_inference_profile_stands_in_for_the_region(account: Account, settings: Change, profile: str) -> None:
    account.answers["GetFoundationModelAvailability"] = {**AVAILABLE, "regionAvailability": "NOT_AVAILABLE"}
    account.answers["GetInferenceProfile"] = error("ResourceNotFoundException")
    if profile.startswith("us."):
        account.answers["GetInferenceProfile"] = {
            "inferenceProfileName": "US Nova Micro",
            "inferenceProfileArn": "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-micro-v1:0",
            "inferenceProfileId": profile,
            "models": [{"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{NOVA}"}],
            "status": "ACTIVE",
            "type": "SYSTEM_DEFINED",
        }
    results = [finding.verdict for finding in look(account, settings, inference_profile=profile)]
    assert results == ["ok", "ok" if profile.startswith("us.") else "refused"]


def test_bedrock_is_asked_in_the_region_that_the_settings_name(
    account: Account, tmp_path: object, monkeypatch: pytest.MonkeyPatch, settings: Change
) -> None:
    section = settings().classifier.bedrock.model_copy(
        update={"model_id": NOVA, "region": "eu-central-1", "labels": ["A", "B"]}
    )
    monkeypatch.setattr(
        "ops.deployment.cloud.Cloud.settings", settings(classifier={"backend": "bedrock", "bedrock": section})
    )
    account.answers["GetFoundationModelAvailability"] = AVAILABLE
    run("preflight", "--quiet")
    assert account.regions["bedrock"] == "eu-central-1"
    assert account.regions["service-quotas"] == "us-east-1"
