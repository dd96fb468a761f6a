"""The model that an endpoint serves, whether it is the endpoint's own or its inference component's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ServedModel:
    """A model's name, and the type of the instances under it; "" where there are none of its own."""

    model: str
    instance_type: str


def read(sagemaker: Any, *, endpoint: str) -> ServedModel:
    """What serves. An inference component has its endpoint's name. Raises ClientError where there is none."""
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    variant = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
    model = variant.get("ModelName")
    if model is None:
        component = sagemaker.describe_inference_component(InferenceComponentName=endpoint)
        model = component["Specification"]["ModelName"]
    return ServedModel(model=str(model), instance_type=str(variant.get("InstanceType", "")))
