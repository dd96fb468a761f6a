"""Container images: which of AWS's deep learning containers an environment runs, and where they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from environments.aws import images, regions
from environments.settings import Settings, SettingsError

_ECR_URI = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.(com|com\.cn|eu)/(?P<repository>[^:@]+)"
)


@dataclass(frozen=True, kw_only=True)
class Repository:
    """The ECR repository that an image is pulled from."""

    account: str
    region: str
    name: str

    def arn(self, *, partition: str) -> str:
        """Its ARN."""
        return f"arn:{partition}:ecr:{self.region}:{self.account}:repository/{self.name}"


@dataclass(frozen=True, kw_only=True)
class ServingImage:
    """The image that the endpoint runs, and the repository that SageMaker needs to pull it from."""

    uri: str
    repository: Repository


def training_image(settings: Settings) -> str:
    """URI of the image that a training job runs."""
    training = settings.training
    return training.image or _aws_image(images.training_image(training.instance_type).image, settings=settings)


def ready_serving_image(settings: Settings) -> ServingImage:
    """The endpoint's image if none has to be built: AWS's, or the one that the settings name."""
    uri = settings.serving.image or _aws_image(images.known()["serving_huggingface"].image, settings=settings)
    return ServingImage(uri=uri, repository=repository_of(uri, key="serving.image"))


def container_environment(settings: Settings) -> dict[str, str] | None:
    """Environment variables of the endpoint's container; None if it needs none."""
    serving = settings.serving
    variables: dict[str, str | float | None] = {
        "RUBRIC_THREADS": serving.threads,
        "RUBRIC_MAX_BATCH_TOKENS": serving.max_batch_tokens,
        "RUBRIC_MAX_WAITING_TEXTS": serving.max_waiting_texts,
        "RUBRIC_REQUEST_SECONDS": serving.request_seconds,
        "SAGEMAKER_MODEL_SERVER_WORKERS": serving.workers,
    }
    if serving.container == "huggingface":
        variables |= {"SAGEMAKER_CONTAINER_LOG_LEVEL": 20, "SAGEMAKER_REGION": settings.region}
    return {name: f"{value}" for name, value in variables.items() if value is not None} or None


def repository_of(image: str, *, key: str) -> Repository:
    """The ECR repository of an image's URI. key: the setting for the error if SageMaker could not pull the image."""
    match = _ECR_URI.match(image)
    if match is None:
        raise SettingsError(
            f"{key}: {image!r} is not allowed; SageMaker pulls from ECR only: "
            "use <account>.dkr.ecr.<region>.amazonaws.com/<name>:<tag>"
        )
    return Repository(account=match["account"], region=match["region"], name=match["repository"])


def _aws_image(name: str, *, settings: Settings) -> str:
    return f"{regions.registry(settings.region)}/{name}"
