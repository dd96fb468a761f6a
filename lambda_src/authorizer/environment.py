"""The authorizer's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where keys are kept and their use is counted, and how long a record may be reused here (seconds; 0 = never).

    default_rate, default_burst: the limits of a key that has none of its own.
    model_version: what answers, where that is a foundation model; else `approved_model_parameter` names it.
    """

    api_keys_table: str
    usage_table: str
    default_rate: int
    default_burst: int
    environment: str
    key_cache_seconds: int = 60
    approved_model_parameter: str = ""
    model_version: str = ""
