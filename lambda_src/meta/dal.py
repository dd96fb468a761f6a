"""The approved model's name and evaluation, read from SSM and S3 and reused for ten seconds."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts import buckets
from lambda_src.common import approved_model, aws, s3_uri

CACHE_SECONDS = 10


class ModelUnknownError(Exception):
    """No model is approved yet, or AWS does not say which."""


@dataclass(frozen=True)
class ApprovedModel:
    """The approved model; `recorded` is when its evaluation was written (ISO 8601, UTC)."""

    version: str
    evaluation: dict[str, Any]
    recorded: str


class Models:
    """Look-ups of the approved model. An answer is reused for CACHE_SECONDS; a failure is not."""

    def __init__(self, ssm: Any, s3: Any, *, parameter: str, bucket: str) -> None:
        self._ssm = ssm
        self._s3 = s3
        self._parameter = parameter
        self._bucket = bucket
        self._version: tuple[float, str] = (0.0, "")
        self._model: tuple[float, ApprovedModel] | None = None

    def version(self) -> str:
        """The approved model's version. Raises ModelUnknownError."""
        until, version = self._version
        if until > time.time():
            return version
        try:
            uri = approved_model.read(self._ssm, parameter=self._parameter)
        except (BotoCoreError, ClientError) as error:
            raise ModelUnknownError(f"the parameter {self._parameter} cannot be read: {error}") from error
        version = buckets.model_version(uri)
        if not version:
            raise ModelUnknownError(f"{self._parameter} names no model (it holds {uri!r})")
        self._version = (time.time() + CACHE_SECONDS, version)
        return version

    def approved(self) -> ApprovedModel:
        """The approved model with its evaluation. Raises ModelUnknownError."""
        version = self.version()
        if self._model and self._model[0] > time.time() and self._model[1].version == version:
            return self._model[1]
        key = buckets.evaluation(version)
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            evaluation = json.loads(answer["Body"].read())
        except (BotoCoreError, ClientError, ValueError, RecursionError) as error:
            raise ModelUnknownError(f"{s3_uri.join(self._bucket, key)} cannot be read: {error}") from error
        recorded = answer["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ")
        model = ApprovedModel(version=version, evaluation=evaluation, recorded=recorded)
        self._model = (time.time() + CACHE_SECONDS, model)
        return model


def make_clients() -> tuple[Any, Any]:
    """(SSM, S3) clients; /health waits for SSM at most about two seconds."""
    return (
        aws.client("ssm", connect_timeout=1.0, read_timeout=1.0, attempts=1),
        aws.client("s3", connect_timeout=1.0, read_timeout=3.0, attempts=2),
    )
