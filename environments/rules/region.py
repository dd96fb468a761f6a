"""Settings that need services that the region does not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from environments.aws.regions import Region, known
from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings

_MODELS = ("AWS::SageMaker::ModelPackageGroup", "AWS::SageMaker::Endpoint")
_BUILDS = "AWS::CodeBuild::Project"


def problems(settings: Settings) -> Iterator[Problem]:
    """Services that the settings need and the environment's region does not have."""
    region = known().get(settings.region)
    if region is None:
        yield Problem(("region",), settings.region, _unknown(settings.region))
        return
    if settings.classifier.trained:
        yield from _trained(settings, region=region)
    if settings.api.snap_start and not region.snap_start:
        allowed = f"Lambda has no SnapStart for Python in {settings.region}: remove it"
        yield Problem(("api", "snap_start"), True, allowed)


def _unknown(region: str) -> str:
    close = difflib.get_close_matches(region, known(), n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}environments/aws/regions.yaml lists the known regions, with what AWS publishes about them"


def _trained(settings: Settings, *, region: Region) -> Iterator[Problem]:
    missing = next((kind for kind in _MODELS if kind in region.lacks), None)
    if missing:
        allowed = f"CloudFormation has no {missing} there: use another region, or classifier.backend bedrock"
        yield Problem(("region",), settings.region, allowed)
    if settings.serving.image_build == "codebuild" and _BUILDS in region.lacks:
        allowed = f"CloudFormation has no {_BUILDS} in {settings.region}: use docker"
        yield Problem(("serving", "image_build"), "codebuild", allowed)
