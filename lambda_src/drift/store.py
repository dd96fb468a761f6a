"""The drift looks' objects in the artifact bucket: the state, which one look at a time can replace, and the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import buckets
from contracts.models import baseline
from contracts.models.baseline import Baseline
from lambda_src.common import aws, one_object

STATE_LAYOUT = 1


class OvertakenError(Exception):
    """Another look has written the state since this one read it."""


class ReferenceMissingError(Exception):
    """The model has no reference; one sentence."""


@dataclass(frozen=True)
class StoredState:
    """The state's document and the ETag of its object; None for both before the first look."""

    document: dict[str, Any] | None
    etag: str | None


def make_client() -> Any:
    """An S3 client; a repeated write of the state is refused as overtaken, and nothing is lost by that."""
    return aws.client("s3", connect_timeout=2.0, read_timeout=20.0, attempts=3)


class Store:
    """The objects in `bucket`. Raises botocore's errors."""

    def __init__(self, s3: Any, *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def state(self) -> StoredState:
        """The state as it is. One of another layout counts as none: the looks begin anew."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=buckets.DRIFT_STATE)
        except ClientError as error:
            if aws.error_code(error) != "NoSuchKey":
                raise
            return StoredState(None, None)
        document = _json(answer["Body"].read())
        usable = isinstance(document, dict) and document.get("layout") == STATE_LAYOUT
        return StoredState(document if usable else None, str(answer["ETag"]))

    def save(self, document: dict[str, Any], *, etag: str | None) -> str:
        """Replaces the state that had this ETag (None: there was none); returns the new ETag. Raises OvertakenError."""
        stored = {**document, "layout": STATE_LAYOUT}
        try:
            return one_object.replace(
                self._s3, bucket=self._bucket, key=buckets.DRIFT_STATE, document=stored, etag=etag
            )
        except one_object.ChangedError as error:
            raise OvertakenError("another look has counted meanwhile") from error

    def reference(self, model_version: str) -> Baseline:
        """A model's reference. Raises ReferenceMissingError, and BaselineError where it cannot be read."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=buckets.baseline(model_version))
        except ClientError as error:
            if aws.error_code(error) != "NoSuchKey":
                raise
            raise ReferenceMissingError("The model has no reference: it was trained before there were any.") from error
        return baseline.read(_json(answer["Body"].read()))

    def write_report(self, model_version: str, report: Any) -> None:
        """Replaces a model's report."""
        key = buckets.drift_report(model_version)
        body = one_object.encoded(report)
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")


def _json(raw: bytes) -> Any:
    """The document; None for what is not JSON."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
