"""The authorizer's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where keys are kept, and how long a record may be reused in this container (seconds; 0 = never)."""

    api_keys_table: str
    key_cache_seconds: int = 60
