"""The authorizer's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AuthorizerSettings:
    """The tables of keys and of their use, and how long a record may be cached (seconds; 0 = never).

    default_rate, default_burst: the limits of a key without limits of its own.
    model_version: the foundation model, if one answers; otherwise `approved_model_parameter` names the model.
    """

    api_keys_table: str
    usage_table: str
    default_rate: int
    default_burst: int
    environment: str
    key_cache_seconds: int = 60
    approved_model_parameter: str = ""
    model_version: str = ""
