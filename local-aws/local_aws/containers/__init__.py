"""SageMaker's containers as real processes on this machine (without MiniStack): training, model servers, transform."""

from local_aws.containers.errors import ContainerFailure, ContainerStopped, ContainerTimeout, ContainerUnavailable
from local_aws.containers.processes.leftovers import kill_leftovers
from local_aws.containers.serving.container import ModelContainer
from local_aws.containers.serving.model_server import ContainerResponse
from local_aws.containers.training.container import TrainingContainer, TrainingResult
from local_aws.containers.transform.container import TransformContainer

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
