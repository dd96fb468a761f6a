"""What serves, according to SageMaker: the stack and the parameter only say what should serve."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import stack_outputs
from lambda_src.common import served_config
from lambda_src.common.aws import error_code
from lambda_src.common.served_config import Served
from lambda_src.pipeline.promote.dal import Stack

_ABSENT = "ValidationException"  # DescribeEndpoint and similar calls have no other error for missing resources


class ServingEndpoint:
    """The endpoint of the Serving stack."""

    def __init__(self, sagemaker: Any, *, stack: Stack) -> None:
        self._sagemaker = sagemaker
        self._stack = stack

    def compare(self) -> tuple[Served | None, str]:
        """What it serves, and the stack's configuration; of an inference component, the models.

        None if the stack does not name its endpoint.
        """
        outputs = self._stack.outputs()
        name, wanted = outputs.get(stack_outputs.ENDPOINT_NAME), outputs.get(stack_outputs.ENDPOINT_CONFIG_NAME)
        if name is None or wanted is None:
            return None, ""
        if stack_outputs.SERVED_MODEL_NAME in outputs:
            model = outputs[stack_outputs.SERVED_MODEL_NAME]
            return served_config.describe_component(self._sagemaker, component=name), model
        return served_config.describe(self._sagemaker, endpoint=name), wanted

    def artifact(self) -> str:
        """The S3 URI of the artifact that it serves; "" if unknown: it does not exist, or its configuration or model
        was deleted while it serves.
        """
        name = self._stack.outputs().get(stack_outputs.ENDPOINT_NAME)
        if name is None:
            return ""
        try:
            model_name = served_config.model_name(self._sagemaker, endpoint=name)
            model = self._sagemaker.describe_model(ModelName=model_name)
        except ClientError as error:
            if error_code(error) != _ABSENT:
                raise
            return ""
        return str(model.get("PrimaryContainer", {}).get("ModelDataUrl", ""))

    def woken(self) -> bool:
        """Whether the model has a copy; asks for one if it has none. A model that never sleeps is awake."""
        outputs = self._stack.outputs()
        name = outputs.get(stack_outputs.ENDPOINT_NAME)
        if name is None or stack_outputs.SERVED_MODEL_NAME not in outputs:
            return True
        served = served_config.describe_component(self._sagemaker, component=name)
        if served.copies:
            return True
        if not served.busy:
            wanted = {"CopyCount": 1}
            self._sagemaker.update_inference_component_runtime_config(
                InferenceComponentName=name, DesiredRuntimeConfig=wanted
            )
        return False
