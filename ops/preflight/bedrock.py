"""Whether the account may use the Bedrock model in the settings."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from environments.settings import Settings
from ops.errors import code_of
from ops.preflight.finding import Finding

_MISSING = ("ResourceNotFoundException", "ValidationException")
_CATALOG = "open the model in the Bedrock console's model catalog"


def look(client: Any, *, settings: Settings) -> list[Finding]:
    """Check the model and, if the settings have one, the inference profile. Raises ClientError.

    "Access to all Amazon Bedrock foundation models is enabled by default with the correct AWS Marketplace permissions";
    a third-party model is subscribed to at its first call (Bedrock User Guide, "Request access to models").
    """
    bedrock = settings.classifier.bedrock
    region = bedrock.region or settings.region
    findings = [_model(client, str(bedrock.model_id), region=region, by_profile=bedrock.inference_profile is not None)]
    if bedrock.inference_profile:
        findings.append(_profile(client, bedrock.inference_profile, region=region))
    return findings


def _model(client: Any, model: str, *, region: str, by_profile: bool) -> Finding:
    setting = "or correct classifier.bedrock.model_id"
    try:
        answer = client.get_foundation_model_availability(modelId=model)
    except ClientError as error:
        if code_of(error) not in _MISSING:
            raise
        return _refused(f"Bedrock in {region} has no model {model}", f"{_CATALOG}, {setting}")
    if answer["authorizationStatus"] != "AUTHORIZED":
        return _refused(f"{model}: the account is not authorised", f"{_CATALOG}, and ask for access; {setting}")
    if answer["entitlementAvailability"] != "AVAILABLE":
        return _refused(f"{model}: the account is not entitled to it", f"{_CATALOG}, and ask for access; {setting}")
    # A model that is only available through an inference profile may not be offered in the region itself.
    if answer["regionAvailability"] != "AVAILABLE" and not by_profile:
        todo = "use another classifier.bedrock.region, or set classifier.bedrock.inference_profile"
        return _refused(f"{model} is not available in {region}", todo)
    agreement = answer["agreementAvailability"]["status"]
    if agreement != "AVAILABLE":
        what = f"{model}: the agreement with its provider is {agreement.lower().replace('_', ' ')}"
        todo = (
            "the first call accepts it, if the caller has aws-marketplace:Subscribe; Anthropic models need a "
            f"first-time use form: {_CATALOG}, and try it there"
        )
        return Finding(area="bedrock", verdict="warning", what=what, todo=todo)
    return Finding(area="bedrock", verdict="ok", what=f"{model} is available in {region}")


def _profile(client: Any, profile: str, *, region: str) -> Finding:
    try:
        status = client.get_inference_profile(inferenceProfileIdentifier=profile)["status"]
    except ClientError as error:
        if code_of(error) not in _MISSING:
            raise
        todo = (
            f"aws bedrock list-inference-profiles --region {region}, and correct classifier.bedrock.inference_profile"
        )
        return _refused(f"Bedrock in {region} has no inference profile {profile}", todo)
    return Finding(area="bedrock", verdict="ok", what=f"inference profile {profile} is {status.lower()}")


def _refused(what: str, todo: str) -> Finding:
    return Finding(area="bedrock", verdict="refused", what=what, todo=todo)
