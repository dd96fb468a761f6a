"""SageMaker's containers as real processes on this machine (without MiniStack): training, model servers, transform."""

from local_aws.server.sagemaker.containers.errors import (
    ContainerFailure,
    ContainerStopped,
    ContainerTimeout,
    ContainerUnavailable,
)
from local_aws.server.sagemaker.containers.leftovers import kill_leftovers
from local_aws.server.sagemaker.containers.model import ModelContainer
from local_aws.server.sagemaker.containers.model_server import ContainerResponse
from local_aws.server.sagemaker.containers.training import TrainingContainer, TrainingResult
from local_aws.server.sagemaker.containers.transform import TransformContainer

__all__ = [
    "ContainerFailure",
    "ContainerResponse",
    "ContainerStopped",
    "ContainerTimeout",
    "ContainerUnavailable",
    "ModelContainer",
    "TrainingContainer",
    "TrainingResult",
    "TransformContainer",
    "kill_leftovers",
]
