"""The approved model's labels, for a backend that was not trained: read from SSM and S3, reused for a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.classify.backends.answer import unavailable
from lambda_src.common import aws
from lambda_src.common.approved_model import ApprovedModel

CACHE_SECONDS = 60.0


class ApprovedLabels:
    """Call it for the labels. They are reused for CACHE_SECONDS, and for longer while AWS does not answer."""

    def __init__(
        self,
        ssm: Any,
        s3: Any,
        *,
        parameter: str,
        bucket: str,
        logger: Any,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._approved = ApprovedModel(
            lambda: ssm, lambda: s3, parameter=parameter, bucket=bucket, ttl=CACHE_SECONDS, now=now
        )
        self._logger = logger
        self._labels: tuple[str, ...] = ()

    def __call__(self) -> tuple[str, ...]:
        """The labels, in the model's order. Raises Problem 503 if they were never read and cannot be read now."""
        try:
            self._labels = self._read()
        except (BotoCoreError, ClientError, ValueError, KeyError, TypeError, RecursionError) as error:
            self._logger.warning("the approved model's labels cannot be read", cause=str(error)[:500])
        if len(self._labels) < 2:
            raise unavailable()
        return self._labels

    def _read(self) -> tuple[str, ...]:
        evaluation = self._approved.evaluation()
        if evaluation is None:
            raise ValueError("no model has been approved yet")
        return tuple(str(label) for label in evaluation.document["labels"])


def make_clients() -> tuple[Any, Any]:
    """(SSM, S3) clients whose waits fit into the fallback's share of the API's 29 s."""
    return (
        aws.client("ssm", connect_timeout=0.5, read_timeout=0.5, attempts=1),
        aws.client("s3", connect_timeout=0.5, read_timeout=1.0, attempts=1),
    )
