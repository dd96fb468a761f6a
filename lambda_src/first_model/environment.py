"""The first_model function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The parameter that names the approved model."""

    approved_model_parameter: str
