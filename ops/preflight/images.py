"""The images that an environment runs: whether they still get patches, and whether they exist."""

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
    """A finding for each image by the end of its patches (environments/aws/images.yaml)."""
    return [_aged(verdict) for verdict in verdicts(settings, today=today)]


def _aged(verdict: Verdict) -> Finding:
    word: Word = "refused" if verdict.refused else "warning" if verdict.warned else "ok"
    return Finding(area="images", verdict=word, what=verdict.message, todo=verdict.remedy)


def pulled(settings: Settings) -> list[str]:
    """URIs of the images that nothing here builds, which must be in ECR before a deploy."""
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
    """Whether an image can be pulled, by the call with which a pull begins (ECR's reference, BatchGetImage).

    client: ECR in the image's region. Raises ClientError.
    """
    found = _URI.match(uri)
    if found is None:
        return []
    todo = "see `aws ecr describe-images`, and correct training.image or serving.image"
    image = {"imageDigest": found["digest"]} if found["digest"] else {"imageTag": found["tag"] or "latest"}
    try:
        answer = client.batch_get_image(registryId=found["account"], repositoryName=found["name"], imageIds=[image])
    except ClientError as error:
        if code_of(error) != "RepositoryNotFoundException":
            raise
        if found["account"] in {region.containers for region in regions.known().values()}:
            # ECR's documents do not say what another account's repository answers to a caller without rights to it.
            what = f"{uri}: ECR knows no such repository, or does not show AWS's to these credentials"
            return [Finding(area="images", verdict="warning", what=what, todo=todo)]
        answer = {}
    if answer.get("images"):
        return [Finding(area="images", verdict="ok", what=f"{uri} is there")]
    return [Finding(area="images", verdict="refused", what=f"{uri} is not there", todo=todo)]


def region_of(uri: str) -> str | None:
    """The region of an image in ECR, or None for another registry."""
    found = _URI.match(uri)
    return found["region"] if found else None
