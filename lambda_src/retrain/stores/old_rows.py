"""The rows that a model was trained on: of a dataset version, or of the dataset that its training job read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from contracts.datasets import ledger, manifest
from contracts.models import hyperparameters
from contracts.texts import label_mapping, text_normalization
from dataset_files import columns, files
from dataset_files.errors import FileError
from dataset_files.files import Content
from lambda_src.common import aws, s3_uri

MOST_BYTES = 200_000_000  # of all files: they are read in memory
_INSTEAD = "`rubric retrain --yes` trains on a dataset version, and then the gain is known"


class RowsUnknown(Exception):  # noqa: N818 (as the other outcomes of a look)
    """The rows cannot be read here; a clause that says why."""


@dataclass(frozen=True, slots=True)
class TrainedRow:
    """A normalised row. row_id: as in the ledger. event_id: of the ledger's event that its label came from, or "".

    learnt: whether the model was trained with it, and not only judged on it.
    """

    row_id: str
    text: str
    label: str
    event_id: str = ""
    learnt: bool = True


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """What a model learnt from. until: the newest label of the ledger in it, "" if there is none.

    place: of the rows' file in the dataset bucket, or the dataset's URI. columns: how its files are read.
    """

    version: str
    until: str
    place: str
    columns: dict[str, str]


class OldRows:
    """The dataset bucket, and the training jobs. Raises botocore's errors."""

    def __init__(self, s3: Any, sagemaker: Any, *, bucket: str) -> None:
        self._s3 = s3
        self._sagemaker = sagemaker
        self._bucket = bucket

    def newest(self) -> tuple[str, str]:
        """The newest dataset version and the time of its newest label; "" before the first, and for what is unknown."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=manifest.VERSIONS)
        keys = (f"s3://{self._bucket}/{one['Key']}" for page in pages for one in page.get("Contents", []))
        version = max(filter(None, map(manifest.version_in, keys)), key=manifest.number, default="")
        try:
            return (version, self._manifest(version)["until"]) if version else ("", "")
        except RowsUnknown:
            return version, ""

    def of_model(self, model_version: str, evaluation: dict[str, Any]) -> Learnt:
        """What a model learnt from, by its evaluation or its job. Raises RowsUnknown."""
        version = str(evaluation.get("dataset_version") or "")
        if version:
            document = self._manifest(version)
            return Learnt(version=version, until=document["until"], place=document["file"]["key"], columns={})
        try:
            job = self._sagemaker.describe_training_job(TrainingJobName=model_version)
        except ClientError as error:
            code = aws.error_code(error)
            raise RowsUnknown(f"the training job {model_version} is gone ({code}); {_INSTEAD}") from error
        used = hyperparameters.of_job(job.get("HyperParameters", {}))
        if label_mapping.DIGEST in used:
            raise RowsUnknown(f"data.labels changed the dataset's labels; {_INSTEAD}")
        channels = {one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in job["InputDataConfig"]}
        names = ("text_column", "label_column", "encoding")
        return Learnt(
            version="", until="", place=channels["dataset"], columns={name: used.get(name, "") for name in names}
        )

    def rows(self, learnt: Learnt) -> Iterator[TrainedRow]:
        """The rows, also those of the test part, which say so where that is known. Raises RowsUnknown."""
        if learnt.version:
            yield from _of_version(self._read(self._bucket, [learnt.place])[0].data)
            return
        bucket, prefix = s3_uri.split(learnt.place)
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            listed = [(str(one["Key"]), int(one["Size"])) for page in pages for one in page.get("Contents", [])]
            if sum(size for _, size in listed) > MOST_BYTES:
                raise RowsUnknown(f"the dataset is too large to be read here; {_INSTEAD}")
            for content in self._read(bucket, [key for key, _ in listed]):
                for inside in files.inside(content):
                    yield from _of_file(inside, learnt.columns)
        except (FileError, ImportError) as error:
            raise RowsUnknown(f"{learnt.place} cannot be read here; {_INSTEAD}") from error

    def _manifest(self, version: str) -> manifest.Manifest:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=manifest.key_of(version))
            return manifest.read(answer["Body"].read())
        except (ClientError, manifest.LayoutError) as error:
            raise RowsUnknown(f"the manifest of the dataset version {version} cannot be read") from error

    def _read(self, bucket: str, keys: list[str]) -> list[Content]:
        found = []
        for key in keys:
            try:
                body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            except ClientError as error:
                raise RowsUnknown(f"s3://{bucket}/{key} cannot be read ({aws.error_code(error)})") from error
            found.append(Content(PurePosixPath(key).name, body))
        return found


def _of_version(data: bytes) -> Iterator[TrainedRow]:
    lines = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=""), strict=True)
    if tuple(next(lines, ())) != manifest.COLUMNS:
        raise RowsUnknown("the rows of the dataset version have other columns")
    for line in lines:
        row = dict(zip(manifest.COLUMNS, line, strict=True))
        learnt = row[manifest.PART_COLUMN] != "test"
        yield TrainedRow(row["row_id"], row["text"], row["label"], row["event_id"], learnt=learnt)


def _of_file(content: Content, named: dict[str, str]) -> Iterator[TrainedRow]:
    table = files.table(content, encoding=named["encoding"])
    at = columns.find(table, text_column=named["text_column"], label_column=named["label_column"], file=content.name)
    for _, fields in table.rows:
        text, label = fields[at.text], fields[at.label]
        if isinstance(text, str) and isinstance(label, str):
            normalised = text_normalization.normalised(text)
            if normalised:
                yield TrainedRow(ledger.row_of(text), normalised, text_normalization.normalised(label))
