"""One Bedrock model for one function: the permission to ask it, and the variables that name it."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from environments.sections.classifier import Bedrock, Classifier
from stacks.shared.permissions import allow


def asked(bedrock: Bedrock) -> str:
    """The id in a call: the inference profile if there is one, else the foundation model."""
    return bedrock.inference_profile or _model_id(bedrock)


def variables(bedrock: Bedrock, *, region: str) -> dict[str, str]:
    """The environment variables of a function that asks the model."""
    return {
        "BEDROCK_MODEL_ID": asked(bedrock),
        "BEDROCK_REGION": bedrock.region or region,
        "BEDROCK_SECONDS": str(bedrock.timeout_seconds),
        "BEDROCK_CONCURRENCY": str(bedrock.max_concurrency),
    }


def sole_backend(classifier: Classifier) -> dict[str, str]:
    """The environment variables of a function where the model answers alone: which one, and its labels."""
    return {
        "BACKEND": classifier.backend,
        "BEDROCK_MODEL_ID": asked(classifier.bedrock),
        "BEDROCK_LABELS": json.dumps(classifier.bedrock.labels, ensure_ascii=False),
    }


def allow_model(role: iam.Role, bedrock: Bedrock) -> None:
    """Let a role call this model and no other (Converse needs bedrock:InvokeModel)."""
    stack = cdk.Stack.of(role)
    region, model = bedrock.region or stack.region, _model_id(bedrock)
    if bedrock.inference_profile is None:
        allow(role, "bedrock:InvokeModel", on=f"arn:{stack.partition}:bedrock:{region}::foundation-model/{model}")
        return
    profile = _profile_arn(bedrock.inference_profile, region=region, stack=stack)
    allow(role, "bedrock:InvokeModel", on=profile)
    allow(
        role,
        "bedrock:InvokeModel",
        on=f"arn:{stack.partition}:bedrock:*::foundation-model/{model}",
        when={"StringEquals": {"bedrock:InferenceProfileArn": profile}},
        because="The inference profile chooses the region; the condition allows calls only through the profile.",
    )


def _profile_arn(profile: str, *, region: str, stack: cdk.Stack) -> str:
    if profile.startswith("arn:"):
        return profile
    return f"arn:{stack.partition}:bedrock:{region}:{stack.account}:inference-profile/{profile}"


def _model_id(bedrock: Bedrock) -> str:
    # The settings' rules refuse a Bedrock without a model before anything is synthesised.
    assert bedrock.model_id is not None
    return bedrock.model_id
