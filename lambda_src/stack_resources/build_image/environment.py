"""The build_image function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The CodeBuild project that makes the image, the ECR repository that it is pushed to, and the parameter that keeps
    the request that waits for it.
    """

    project_name: str
    repository_name: str
    waiting_parameter: str
