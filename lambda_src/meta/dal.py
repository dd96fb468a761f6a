"""The approved model as the API describes it, read from SSM and S3 and reused for ten seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.common import aws
from lambda_src.common.approved_model import ApprovedEvaluation, ApprovedModel

CACHE_SECONDS = 10


class ModelUnknownError(Exception):
    """No model is approved yet, or AWS did not answer which."""


class Models:
    """Look-ups of the approved model; every failure is a ModelUnknownError."""

    def __init__(self, ssm: Any, s3: Any, *, parameter: str, bucket: str, now: Callable[[], float] = time.time) -> None:
        self._approved = ApprovedModel(
            lambda: ssm, lambda: s3, parameter=parameter, bucket=bucket, ttl=CACHE_SECONDS, now=now
        )
        self._parameter = parameter

    def version(self) -> str:
        """The approved model's version. Raises ModelUnknownError."""
        try:
            version = self._approved.version()
        except (BotoCoreError, ClientError) as error:
            raise ModelUnknownError(f"the parameter {self._parameter} cannot be read: {error}") from error
        if not version:
            raise ModelUnknownError(f"{self._parameter} names no model")
        return version

    def evaluation(self) -> ApprovedEvaluation:
        """The approved model's evaluation. Raises ModelUnknownError."""
        version = self.version()
        try:
            evaluation = self._approved.evaluation()
        except (BotoCoreError, ClientError, ValueError) as error:
            raise ModelUnknownError(f"the evaluation of {version} cannot be read: {error}") from error
        if evaluation is None:
            raise ModelUnknownError(f"{self._parameter} no longer names a model")
        return evaluation


def make_clients() -> tuple[Any, Any]:
    """(SSM, S3) clients; /health waits for SSM at most about two seconds."""
    return (
        aws.client("ssm", connect_timeout=1.0, read_timeout=1.0, attempts=1),
        aws.client("s3", connect_timeout=1.0, read_timeout=3.0, attempts=2),
    )
