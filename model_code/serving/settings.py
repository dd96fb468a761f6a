"""The lean server's settings, from the variables that SageMaker and the model's definition set."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
_TRANSFORM_MAX_SECONDS = 3600.0  # SageMaker's own limit for one request of a transform job
_TRANSFORM_MAX_TEXTS = 10_000_000  # the job itself bounds its requests: MaxConcurrentTransforms times MaxPayloadInMB


class SettingsError(Exception):
    """A variable has an invalid value; the message names it and says what is valid."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The model's folder, the address to listen on, and limits."""

    model: Path
    host: str = "0.0.0.0"
    port: int = 8080
    threads: int = 0
    max_waiting_texts: int = 2048
    max_batch_tokens: int = 512
    max_body_bytes: int = 6 * MIB
    request_seconds: float = 15.0
    access_log: bool = True
    native: bool = True

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the variables listed in docs/serving.md. SettingsError for one that cannot be used.

        In a transform job (SAGEMAKER_BATCH), where no caller waits, the limits have larger defaults.
        """
        env = os.environ if environ is None else environ
        transform = env.get("SAGEMAKER_BATCH", "").lower() == "true"
        max_body = _whole(env, "SAGEMAKER_MAX_PAYLOAD_IN_MB", 6, minimum=0) or 100 if transform else 6
        return cls(
            model=Path(env.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model",
            host=env.get("RUBRIC_BIND_HOST", cls.host),
            port=_whole(env, "SAGEMAKER_BIND_TO_PORT", cls.port, minimum=0),
            threads=_whole(env, "RUBRIC_THREADS", cls.threads, minimum=0),
            max_waiting_texts=_whole(
                env, "RUBRIC_MAX_WAITING_TEXTS", _TRANSFORM_MAX_TEXTS if transform else cls.max_waiting_texts, minimum=1
            ),
            max_batch_tokens=_whole(env, "RUBRIC_MAX_BATCH_TOKENS", cls.max_batch_tokens, minimum=1),
            max_body_bytes=_whole(env, "RUBRIC_MAX_BODY_BYTES", max_body * MIB, minimum=1),
            request_seconds=_seconds(
                env, "RUBRIC_REQUEST_SECONDS", _TRANSFORM_MAX_SECONDS if transform else cls.request_seconds
            ),
            access_log=_switch(env, "RUBRIC_ACCESS_LOG"),
            native=_switch(env, "RUBRIC_NATIVE"),
        )


def _whole(env: Mapping[str, str], name: str, default: int, *, minimum: int) -> int:
    value = env.get(name, "").strip()
    if not value:
        return default
    if not value.isdecimal() or int(value) < minimum:
        raise SettingsError(f"{name} is {value!r}: set it to a whole number from {minimum} up, or unset it")
    return int(value)


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    value = env.get(name, "").strip()
    try:
        seconds = float(value) if value else default
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise SettingsError(f"{name} is {value!r}: set it to a number of seconds above 0, or unset it")
    return seconds


def _switch(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").strip().lower() or "on"
    if value not in {"on", "off"}:
        raise SettingsError(f"{name} is {value!r}: set it to on or off")
    return value == "on"
