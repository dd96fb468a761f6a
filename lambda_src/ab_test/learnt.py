"""Which texts a model has learnt from or was judged on: they must not decide a test of it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from botocore.exceptions import ClientError

from contracts.datasets import manifest
from contracts.deployment import buckets
from lambda_src.common import aws

_GONE = ("NoSuchKey", "404")


class RowsUnknownError(Exception):
    """The rows of a model's dataset version cannot be read; a clause that says why."""


class Learnt:
    """The rows of dataset versions. Raises botocore's errors.

    A model that was trained on a dataset without versions has learnt from no label that came in later, so for it there
    is nothing to leave out that its successor has not learnt as well.
    """

    def __init__(self, s3: Any, *, artifacts: str, datasets: str) -> None:
        self._s3 = s3
        self._artifacts = artifacts
        self._datasets = datasets
        self._known: dict[str, frozenset[str]] = {}

    def rows(self, model_version: str) -> frozenset[str]:
        """The ids of the rows, as the ledger names texts, of all parts. Raises RowsUnknownError."""
        if model_version not in self._known:
            evaluation = self._read(self._artifacts, buckets.evaluation(model_version))
            version = str(json.loads(evaluation or b"{}").get("dataset_version") or "")
            self._known[model_version] = self._of_version(version) if version else frozenset()
        return self._known[model_version]

    def _of_version(self, version: str) -> frozenset[str]:
        """Of what is left of a version, if an erasure has taken its rows: the texts that it took are gone anyway."""
        number, erasures = manifest.number(version)
        while True:
            written = self._read(self._datasets, manifest.key_of(version))
            if written is None:
                raise RowsUnknownError(f"the dataset version {version} cannot be read")
            try:
                document = manifest.read(written)
            except manifest.LayoutError as error:
                raise RowsUnknownError(f"of the dataset version {version}, {error}") from error
            content = self._read(self._datasets, document["file"]["key"])
            if content is not None:
                return _ids(content)
            erasures += 1
            version = manifest.name((number, erasures))

    def _read(self, bucket: str, key: str) -> bytes | None:
        try:
            body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if aws.error_code(error) not in _GONE:
                raise
            return None
        return body


def _ids(content: bytes) -> frozenset[str]:
    lines = csv.DictReader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline=""), strict=True)
    return frozenset(line["row_id"] for line in lines)
