"""Provide images that nobody pushed: those that the local AWS can run exist in every registry that is named.

MiniStack has one registry, without AWS's deep learning containers and the images in LOCAL_AWS_IMAGES. An image that it
does not have is looked up among those that the local SageMaker runs.
"""

import hashlib
import json
from typing import Any

from local_aws import private_api
from local_aws.common import scope
from local_aws.containers import images

_BATCH_GET = private_api.declare(
    "ministack.services.ecr", "_batch_get_image", "answer for AWS's deep learning containers", takes=("data",)
)

Answer = tuple[int, dict[str, str], bytes]
_MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def install() -> None:
    """Wrap the call that looks up an image."""
    batch_get = _BATCH_GET.get()

    def getting(data: dict[str, Any]) -> Answer:
        account, region = scope.current()
        registry = data.get("registryId") or account
        answer: Answer = batch_get(data)
        asked, name = data.get("imageIds", []), str(data.get("repositoryName", ""))
        runs = [image for image in asked if known(registry, region, name, image.get("imageTag", ""))]
        if registry == account and (not runs or _found(answer)):
            return answer
        return (
            200,
            {"Content-Type": "application/x-amz-json-1.1"},
            json.dumps(_said(registry, name, asked, runs)).encode(),
        )

    _BATCH_GET.set(getting)


def known(registry: str, region: str, repository: str, tag: str) -> bool:
    """Whether the local SageMaker runs the image."""
    uri = f"{registry}.dkr.ecr.{region}.amazonaws.com/{repository}:{tag}"
    uses: tuple[images.Use, ...] = ("train", "serve")
    for use in uses:
        try:
            images.find(uri, use)
        except images.ImageError:
            continue
        return True
    return False


def _found(answer: Answer) -> bool:
    return answer[0] == 200 and bool(json.loads(answer[2]).get("images"))


def _said(registry: str, name: str, asked: list[dict[str, str]], runs: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "images": [_image(registry, name, image) for image in runs],
        "failures": [
            {"imageId": image, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
            for image in asked
            if image not in runs
        ],
    }


def _image(registry: str, name: str, image: dict[str, str]) -> dict[str, Any]:
    digest = "sha256:" + hashlib.sha256(f"{registry}/{name}:{image['imageTag']}".encode()).hexdigest()
    return {
        "registryId": registry,
        "repositoryName": name,
        "imageId": {"imageDigest": digest, **image},
        "imageManifest": json.dumps({"schemaVersion": 2, "mediaType": _MEDIA_TYPE}),
        "imageManifestMediaType": _MEDIA_TYPE,
    }
