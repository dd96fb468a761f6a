"""CloudWatch log groups that are found by their names: SageMaker sets some ("Log groups and streams" in its guide)."""

from __future__ import annotations

TRAINING_JOBS = "/aws/sagemaker/TrainingJobs"
TRANSFORM_JOBS = "/aws/sagemaker/TransformJobs"


def endpoint(name: str) -> str:
    """The log group of an endpoint's containers."""
    return f"/aws/sagemaker/Endpoints/{name}"


def component(name: str) -> str:
    """The log group of an inference component's containers."""
    return f"/aws/sagemaker/InferenceComponents/{name}"


def api_requests(prefix: str) -> str:
    """The log group of the API's requests (API Gateway's access log), which a stack names."""
    return f"/aws/vendedlogs/apigateway/{prefix}"
