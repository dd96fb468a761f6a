"""The site function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the approved model is named and kept."""

    approved_model_parameter: str
    artifact_bucket: str
    environment: str
    api_auth: str = "keys"
    jwt_issuer: str = ""
