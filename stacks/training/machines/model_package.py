"""The model package that the pipeline registers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stacks.training.machines import states
from stacks.training.machines.states import State


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A model package's fixed part."""

    group: str
    image: str
    inference_instance_types: Sequence[str]
    transform_instance_types: Sequence[str]


def package(registration: Registration, *, partition: str, status: str, then: str, otherwise: str) -> State:
    """The state that registers a model which the gate has passed. otherwise: the state after a failure."""
    state = {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::aws-sdk:sagemaker:createModelPackage",
        "Parameters": {
            "ModelPackageGroupName": registration.group,
            "ModelPackageDescription.$": "$.gate.reason",
            "ModelApprovalStatus": status,
            "InferenceSpecification": {
                "Containers": [{"Image": registration.image, "ModelDataUrl.$": "$.gate.artifact_uri"}],
                "SupportedContentTypes": ["application/json", "application/jsonlines", "text/csv"],
                "SupportedResponseMIMETypes": ["application/json", "application/jsonlines"],
                "SupportedRealtimeInferenceInstanceTypes": list(registration.inference_instance_types),
                "SupportedTransformInstanceTypes": list(registration.transform_instance_types),
            },
            "ModelMetrics": {
                "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri.$": "$.gate.evaluation_uri"}}
            },
            "CustomerMetadataProperties.$": "$.gate.metadata",
            # A program wrote the card, and no person has reviewed it, even if the model was approved.
            "ModelCard": {"ModelCardContent.$": "$.gate.model_card", "ModelCardStatus": "PendingReview"},
        },
        "ResultPath": "$.package",
        "Next": then,
    }
    return states.caught(state, by=otherwise)
