"""The first_model function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FirstModelSettings:
    """The parameter that names the approved model, and the one that keeps the pending request."""

    approved_model_parameter: str
    waiting_parameter: str
