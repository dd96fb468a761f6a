"""CloudWatch log groups whose names SageMaker sets ("Log groups and streams" in its developer guide)."""

from __future__ import annotations

TRAINING_JOBS = "/aws/sagemaker/TrainingJobs"
TRANSFORM_JOBS = "/aws/sagemaker/TransformJobs"


def endpoint(name: str) -> str:
    """The log group of an endpoint's containers."""
    return f"/aws/sagemaker/Endpoints/{name}"
