"""The image that an environment's endpoint runs, built by Docker or by CodeBuild."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from environments.settings import Settings
from stacks.deployment import Deployment
from stacks.shared.images import Repository, ServingImage, ready_serving_image

DOCKERFILE = "model_code/serving/Dockerfile"
# SageMaker refuses OCI manifests, the default of newer versions of Docker, and attestations.
_OUTPUT = "type=docker,oci-mediatypes=false"
_BUILD = (
    f'docker build --platform linux/amd64 --provenance=false --output {_OUTPUT} --file {DOCKERFILE} --tag "$IMAGE" .'
)
# Everything in one phase: CodeBuild runs later phases even after a failed one.
BUILDSPEC = json.dumps(
    {
        "version": "0.2",
        "phases": {
            "build": {
                "commands": [
                    'IMAGE="$REPOSITORY_URI:$IMAGE_TAG"',
                    'aws ecr get-login-password | docker login --username AWS --password-stdin "${REPOSITORY_URI%%/*}"',
                    _BUILD,
                    'docker push "$IMAGE"',
                ]
            }
        },
    },
    indent=1,
)
_TAG_LENGTH = 32


def serving_image(scope: Construct, *, deployment: Deployment) -> ServingImage:
    """The endpoint's image. One that Docker builds becomes an asset of the scope, uploaded with its stack.

    One that CodeBuild builds is only named here: LeanImageBuild makes it, in the stack that is deployed first.
    Raises MissingBuildError if an image must be built and its sources do not exist.
    """
    how = deployment.settings.serving.image_build
    if how == "docker":
        return _docker_image(scope, deployment=deployment)
    if how == "codebuild":
        return codebuild_image(scope, deployment=deployment)
    return ready_serving_image(deployment.settings)


def sources(deployment: Deployment) -> str:
    """The folder that the image is built from: the Dockerfile's files and nothing else."""
    return deployment.built("serving", "image")


def repository_name(settings: Settings) -> str:
    """Name of the ECR repository that CodeBuild pushes to."""
    return f"{settings.prefix}-lean"


def image_tag(folder: Path) -> str:
    """The digest of all that an image is made from: the same sources, built the same way, have the same tag."""
    state = hashlib.sha256(BUILDSPEC.encode())
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        state.update(f"\n{file.relative_to(folder).as_posix()} {content}".encode())
    return state.hexdigest()[:_TAG_LENGTH]


def codebuild_image(scope: Construct, *, deployment: Deployment) -> ServingImage:
    """The image that CodeBuild pushes, by its name alone."""
    stack = cdk.Stack.of(scope)
    name = repository_name(deployment.settings)
    tag = image_tag(Path(sources(deployment)))
    return ServingImage(
        uri=f"{stack.account}.dkr.ecr.{stack.region}.{stack.url_suffix}/{name}:{tag}",
        repository=Repository(account=stack.account, region=stack.region, name=name),
    )


def _docker_image(scope: Construct, *, deployment: Deployment) -> ServingImage:
    asset = ecr_assets.DockerImageAsset(
        scope,
        "LeanImage",
        directory=sources(deployment),
        file=DOCKERFILE,
        platform=ecr_assets.Platform.LINUX_AMD64,
        outputs=[_OUTPUT],
        display_name="The lean inference container",
    )
    stack = cdk.Stack.of(scope)
    repository = Repository(account=stack.account, region=stack.region, name=asset.repository.repository_name)
    return ServingImage(uri=asset.image_uri, repository=repository)
