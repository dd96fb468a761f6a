"""The approved model, which one SSM parameter names, and its evaluation."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cachetools import TTLCache

from contracts.deployment import buckets
from lambda_src.common.aws import error_code


def read(ssm: Any, *, parameter: str) -> str:
    """The S3 URI of the approved model's artifact, or "" when no model has been approved yet."""
    try:
        return str(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    except ssm.exceptions.ClientError as error:
        if error_code(error) == "ParameterNotFound":
            return ""
        raise


@dataclass(frozen=True)
class ApprovedEvaluation:
    """What the training job of `version` measured; `recorded` is when it was written (ISO 8601, UTC)."""

    version: str
    document: Any
    recorded: str


class ApprovedModel:
    """Look-ups of the approved model, each reused for `ttl` seconds; a failure and "no model yet" are not.

    now: the wall clock: whether a monotonic one runs while Lambda has the function frozen is not documented.
    ssm, s3: make a client when it is first needed. bucket: holds the evaluations; the version alone does not need it.
    """

    def __init__(
        self,
        ssm: Callable[[], Any],
        s3: Callable[[], Any] | None = None,
        *,
        parameter: str,
        bucket: str = "",
        ttl: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ssm = ssm
        self._s3 = s3
        self._parameter = parameter
        self._bucket = bucket
        self.last_version = ""  # as last read, however long ago
        self._versions: TTLCache[str, str, float] = TTLCache(1, ttl=ttl, timer=now)  # by the parameter's name
        self._evaluations: TTLCache[str, ApprovedEvaluation, float] = TTLCache(1, ttl=ttl, timer=now)  # by version

    def version(self) -> str:
        """Its version, or "" when no model has been approved yet. Raises botocore's errors."""
        if self._parameter not in self._versions:
            self.last_version = buckets.model_version(read(self._ssm(), parameter=self._parameter))
            if self.last_version:
                self._versions[self._parameter] = self.last_version
        return self.last_version

    def evaluation(self) -> ApprovedEvaluation | None:
        """Its evaluation, or None when no model has been approved yet.

        Raises botocore's errors, and ValueError for what is not JSON or nested too deeply to be read.
        """
        version = self.version()
        if not version or self._s3 is None:
            return None
        known = self._evaluations.get(version)
        if known:
            return known
        answer = self._s3().get_object(Bucket=self._bucket, Key=buckets.evaluation(version))
        evaluation = ApprovedEvaluation(
            version=version,
            document=_document(answer["Body"].read()),
            recorded=answer["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        self._evaluations[version] = evaluation
        return evaluation


def _document(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
