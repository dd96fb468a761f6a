"""The build_image function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The CodeBuild project that makes the image, and the ECR repository that it is pushed to."""

    project_name: str
    repository_name: str
