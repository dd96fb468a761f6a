"""Map the name of an operation to its function."""

import copy
from collections.abc import Callable
from typing import Any

from local_aws.common import shapes
from local_aws.common.errors import unknown_operation
from local_aws.sagemaker.operations import (
    endpoint_configs,
    endpoints,
    inference_components,
    limits,
    model_packages,
    models,
    recommendation_jobs,
    tags,
    training_jobs,
    transform_jobs,
)
from local_aws.sagemaker.plane import Plane

Operation = Callable[[Plane, dict[str, Any]], dict[str, Any]]

SERVICE = "sagemaker"
OPERATIONS: dict[str, Operation] = {
    **models.OPERATIONS,
    **endpoint_configs.OPERATIONS,
    **endpoints.OPERATIONS,
    **inference_components.OPERATIONS,
    **training_jobs.OPERATIONS,
    **transform_jobs.OPERATIONS,
    **model_packages.OPERATIONS,
    **recommendation_jobs.OPERATIONS,
    **tags.OPERATIONS,
}


def call(plane: Plane, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return the operation's answer, with the members of its output shape. Raises ApiError."""
    function = OPERATIONS.get(operation)
    if function is None or not shapes.has_operation(SERVICE, operation):
        raise unknown_operation(operation)
    shapes.check_request(SERVICE, operation, request)
    limits.check(plane, operation, request)
    answer = function(plane, request)
    with plane.store.lock:
        return copy.deepcopy(shapes.shaped(SERVICE, operation, answer))
