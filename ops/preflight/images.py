"""An environment's container images: whether they still get patches, and whether they exist."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from botocore.exceptions import ClientError

from environments.aws import images, regions
from environments.aws.images import Image
from environments.rules.image_patches import Verdict, verdicts
from environments.settings import Settings
from ops.errors import code_of
from ops.preflight.finding import Finding
from ops.preflight.finding import Verdict as Word

_URI = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[a-z0-9.]+/(?P<name>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>.+))?$"
)


def ages(settings: Settings, *, today: dt.date) -> list[Finding]:
    """A finding for each image, by the end of its patches (environments/aws/images.yaml)."""
    return [_aged(verdict) for verdict in verdicts(settings, today=today)]


def _aged(verdict: Verdict) -> Finding:
    word: Word = "refused" if verdict.refused else "warning" if verdict.warned else "ok"
    return Finding(area="images", verdict=word, what=verdict.message, todo=verdict.remedy)


def pulled(settings: Settings) -> list[str]:
    """URIs of the images that are not built here and must be in ECR before a deploy."""
    if not settings.classifier.trained:
        return []
    training, serving = settings.training, settings.serving
    trained = training.image or _of_aws(images.training_image(training.instance_type), settings)
    hugging_face = serving.image is None and serving.container == "huggingface"
    served = _of_aws(images.known()["serving_huggingface"], settings) if hugging_face else serving.image
    return [trained, *([served] if served else [])]


def _of_aws(image: Image, settings: Settings) -> str:
    return f"{regions.registry(settings.region)}/{image.image}"


def is_there(client: Any, *, uri: str) -> list[Finding]:
    """Check whether an image can be pulled, with the first call of a pull (ECR's reference, BatchGetImage).

    client: ECR in the image's region. Raises ClientError.
    """
    match = _URI.match(uri)
    if match is None:
        return []
    todo = "see `aws ecr describe-images`, and correct training.image or serving.image"
    image = {"imageDigest": match["digest"]} if match["digest"] else {"imageTag": match["tag"] or "latest"}
    try:
        answer = client.batch_get_image(registryId=match["account"], repositoryName=match["name"], imageIds=[image])
    except ClientError as error:
        if code_of(error) != "RepositoryNotFoundException":
            raise
        if match["account"] in {region.containers for region in regions.known().values()}:
            # ECR's documentation does not say how another account's repository answers a caller without permissions.
            what = f"{uri}: ECR has no such repository, or does not show AWS's to these credentials"
            return [Finding(area="images", verdict="warning", what=what, todo=todo)]
        answer = {}
    if answer.get("images"):
        return [Finding(area="images", verdict="ok", what=f"{uri} exists")]
    return [Finding(area="images", verdict="refused", what=f"{uri} does not exist", todo=todo)]


def region_of(uri: str) -> str | None:
    """The region of an image in ECR; None for another registry."""
    match = _URI.match(uri)
    return match["region"] if match else None
