"""The build_image function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BuildImageSettings:
    """The CodeBuild project that builds the image, its ECR repository, and the parameter that keeps the pending
    request.
    """

    project_name: str
    repository_name: str
    waiting_parameter: str
