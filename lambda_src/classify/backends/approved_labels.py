"""The labels of the approved model, for a backend that was not trained: read from SSM and S3, reused for a minute."""

from __future__ import annotations

import json
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts import buckets
from lambda_src.classify.endpoint import unavailable
from lambda_src.common import approved_model, aws

CACHE_SECONDS = 60.0


class ApprovedLabels:
    """Call it for the labels. An answer is reused for CACHE_SECONDS, and longer where AWS does not answer."""

    def __init__(self, ssm: Any, s3: Any, *, parameter: str, bucket: str, logger: Any) -> None:
        self._ssm = ssm
        self._s3 = s3
        self._parameter = parameter
        self._bucket = bucket
        self._logger = logger
        self._until = float("-inf")
        self._labels: tuple[str, ...] = ()

    def __call__(self) -> tuple[str, ...]:
        """The labels, in the model's order. Raises Problem 503 when they have never been read and cannot be."""
        if time.monotonic() >= self._until:
            try:
                self._labels = self._read()
                self._until = time.monotonic() + CACHE_SECONDS
            except (BotoCoreError, ClientError, ValueError, KeyError, TypeError, RecursionError) as error:
                self._logger.warning("the approved model's labels cannot be read", cause=str(error)[:500])
        if len(self._labels) < 2:
            raise unavailable()
        return self._labels

    def _read(self) -> tuple[str, ...]:
        version = buckets.model_version(approved_model.read(self._ssm, parameter=self._parameter))
        answer = self._s3.get_object(Bucket=self._bucket, Key=buckets.evaluation(version))
        return tuple(str(label) for label in json.loads(answer["Body"].read())["labels"])


def make_clients() -> tuple[Any, Any]:
    """(SSM, S3) clients whose waits fit into the fallback's share of the API's 29 s."""
    return (
        aws.client("ssm", connect_timeout=0.5, read_timeout=0.5, attempts=1),
        aws.client("s3", connect_timeout=0.5, read_timeout=1.0, attempts=1),
    )
