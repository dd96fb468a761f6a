"""The VPC endpoints that an environment needs, from its settings alone, for those who cannot read the stacks.

tests/published/test_endpoints.py holds it against what the stacks derive from their roles.
"""

from __future__ import annotations

from environments.aws.vpc_endpoints import Endpoint
from environments.settings import Settings

# The Training stack's functions: pipeline, promotion, A/B tests, clean-up.
_TRAINED = ("cloudformation", "logs", "monitoring", "sagemaker.api", "sagemaker.runtime", "states")


def endpoints(settings: Settings) -> frozenset[Endpoint]:
    """Each endpoint service by the end of its name."""
    names = {"secretsmanager", "sqs", "ssm"}
    if settings.classifier.trained:
        names.update(_TRAINED)
        if settings.serving.image_build == "codebuild":
            names |= {"codebuild", "ecr.api"}
    if not settings.data.retain:
        names.add("cloudformation")
    if settings.features.store == "mongodb":
        names.add("lambda")  # the function that classifies asks the one that has the driver
    if settings.classifier.uses_bedrock:
        names.add("bedrock-runtime")
    gateways = {Endpoint(name=name, gateway=True) for name in ("s3", "dynamodb")}
    return frozenset(gateways | {Endpoint(name=name, gateway=False) for name in names})
