"""CloudWatch log groups that SageMaker names ("Log groups and streams" in its developer guide)."""

from __future__ import annotations

TRAINING_JOBS = "/aws/sagemaker/TrainingJobs"
TRANSFORM_JOBS = "/aws/sagemaker/TransformJobs"


def endpoint(name: str) -> str:
    """The group of an endpoint's containers."""
    return f"/aws/sagemaker/Endpoints/{name}"
