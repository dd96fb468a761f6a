"""The dataset: already in S3, copied from the deploy's asset, or downloaded from the UCI archive."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from contracts.datasets import manifest
from contracts.datasets.manifest import Manifest
from contracts.deployment import buckets
from lambda_src.common import aws, s3_uri
from lambda_src.pipeline.prepare_training.environment import PrepareTrainingSettings
from lambda_src.pipeline.prepare_training.mirror import Mirror

UCI_MEMBER = "newsCorpora.csv"
_DOWNLOAD_TIMEOUT = 30  # seconds without a byte
_BLOCK = 1024 * 1024
_ABSENT = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_DENIED = {"403", "AccessDenied"}


class DatasetUnavailable(Exception):  # noqa: N818 (the state machine matches this name)
    """There is no dataset to train on; one sentence that says why and what to do."""


@dataclass(frozen=True)
class Version:
    """A dataset version: its name, and its manifest with its digest and place."""

    name: str
    manifest: Manifest
    manifest_sha256: str
    manifest_uri: str
    rows_uri: str


class Datasets:
    """The dataset bucket. A dataset is stored once, under a name made from its digest.

    mirror: where the UCI archive is taken from instead of its address.
    """

    def __init__(self, s3: Any, *, bucket: str, mirror: Mirror | None = None) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._mirror = mirror

    def ensure(self, settings: PrepareTrainingSettings, *, override_uri: str) -> str:
        """The S3 location of the dataset to train on. Raises DatasetUnavailable."""
        if override_uri:
            return self.check(override_uri)
        if settings.dataset_source == "s3":
            return self.check(settings.dataset_uri)
        if settings.dataset_source == "file":
            return self.copy_asset(
                bucket=settings.dataset_asset_bucket,
                key=settings.dataset_asset_key,
                file_name=settings.dataset_file_name,
            )
        if settings.dataset_source == "uci":
            return self.download(settings.uci_url, sha256=settings.uci_sha256)
        raise DatasetUnavailable(f"DATASET_SOURCE is {settings.dataset_source!r}; use one of: file, s3, uci")

    def version(self, uri: str) -> Version | None:
        """The dataset version whose manifest is at `uri`; None if `uri` is anything else. Raises DatasetUnavailable."""
        name = manifest.version_in(uri)
        if not name or not uri.startswith(f"s3://{self._bucket}/"):
            return None
        try:
            content = self._s3.get_object(Bucket=self._bucket, Key=manifest.key_of(name))["Body"].read()
            document = manifest.read(content)
        except ClientError as error:
            text = (
                f"The dataset version {name} cannot be read: {_reason(error)}. `rubric data list` lists all versions."
            )
            raise DatasetUnavailable(text) from error
        except manifest.LayoutError as error:
            raise DatasetUnavailable(f"The dataset version {name}: {error}.") from error
        key = document["file"]["key"]
        if not self._exists(key):
            text = f"The rows of the dataset version {name} are gone: an erasure or somebody has deleted them. "
            raise DatasetUnavailable(f"{text}`rubric data list` lists the versions that can be trained on.")
        return Version(
            name, document, manifest.digest(content), manifest_uri=uri, rows_uri=s3_uri.join(self._bucket, key)
        )

    def newest(self) -> Version | None:
        """The newest dataset version; None before the first. Raises DatasetUnavailable."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=manifest.VERSIONS)
        found = [manifest.version_in(self.uri(one["Key"])) for page in pages for one in page.get("Contents", [])]
        names = sorted(filter(None, found), key=manifest.number)
        return self.version(self.uri(manifest.key_of(names[-1]))) if names else None

    def uri(self, key: str) -> str:
        """The address of an object of the bucket, or of a folder, with its slash at the end."""
        return f"s3://{self._bucket}/{key}"

    def bring(self, key: str, path: Path) -> None:
        """Bring an object to a file."""
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        with path.open("wb") as file:
            shutil.copyfileobj(body, file, _BLOCK)

    def upload(self, path: Path, key: str) -> None:
        """Store a file of any size."""
        with path.open("rb") as file, _transfers(self._s3) as transfers:
            transfers.upload(file, self._bucket, key).result()

    def put(self, content: bytes, key: str) -> None:
        """Store a small object."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)

    def check(self, uri: str) -> str:
        """`uri`, if it is one object or a folder of them. Raises DatasetUnavailable.

        A job gets all objects whose keys start with it: another one's would be read along.
        """
        try:
            bucket, key = s3_uri.split(uri)
        except ValueError as error:
            raise DatasetUnavailable(str(error)) from error
        try:
            answer = self._s3.list_objects_v2(Bucket=bucket, Prefix=key)
        except ClientError as error:
            text = f"{uri} cannot be read: {_reason(error)}. Check data.dataset.uri and its bucket."
            raise DatasetUnavailable(text) from error
        if not answer.get("Contents"):
            raise DatasetUnavailable(f"{uri} does not exist. Upload the dataset there or change data.dataset.uri.")
        folder = f"{key.rstrip('/')}/"
        others = [one["Key"] for one in answer["Contents"] if not f"{one['Key']}/".startswith(folder)]
        if key and others:
            raise DatasetUnavailable(
                f"{uri} is also the beginning of {others[0]}, which the job would read, too. Move one of the two, or "
                "end the folder's name with a slash."
            )
        return uri

    def copy_asset(self, *, bucket: str, key: str, file_name: str) -> str:
        """The deploy's asset, under its own hash in the dataset bucket."""
        target = f"{buckets.DATASETS}{PurePosixPath(key).stem}/{file_name}"
        if not self._exists(target):
            try:
                self._s3.copy_object(Bucket=self._bucket, Key=target, CopySource={"Bucket": bucket, "Key": key})
            except ClientError as error:
                what = f"the dataset asset s3://{bucket}/{key} cannot be copied: {_reason(error)}"
                text = f"{what}. Deploy again to upload it."
                raise DatasetUnavailable(text) from error
        return s3_uri.join(self._bucket, target)

    def download(self, url: str, *, sha256: str) -> str:
        """The UCI archive's newsCorpora.csv, under its digest, or under the URL's digest if `sha256` is "".

        Raises DatasetUnavailable, MirrorIncomplete.
        """
        target = f"{buckets.DATASETS}{sha256 or hashlib.sha256(url.encode()).hexdigest()}/{UCI_MEMBER}"
        if not self._exists(target):
            with tempfile.TemporaryDirectory() as folder:
                archive = Path(folder) / "dataset.zip"
                if self._mirror:
                    self._mirror.bring_archive(url, archive)
                else:
                    _fetch(url, archive)
                if sha256:
                    _check(archive, url, sha256=sha256)
                with _member(archive, url) as member, _transfers(self._s3) as transfers:
                    transfers.upload(member, self._bucket, target).result()
        return s3_uri.join(self._bucket, target)

    def _exists(self, key: str) -> bool:
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if aws.error_code(error) in _ABSENT:
                return False
            raise DatasetUnavailable(f"s3://{self._bucket}/{key} cannot be read: {_reason(error)}") from error
        return True


def _reason(error: ClientError) -> str:
    code = aws.error_code(error)
    if code in _DENIED:
        return "access is denied"
    return "it does not exist" if code in _ABSENT else str(error)


def _transfers(s3: Any) -> Any:
    """Multipart uploads, for files larger than S3 accepts at once; imported only here, because it is slow."""
    from boto3.s3.transfer import TransferConfig, create_transfer_manager

    return create_transfer_manager(s3, TransferConfig())


def _fetch(url: str, target: Path) -> None:
    """Streams `url` into a file."""
    advice = "Download it elsewhere, set data.dataset to source: file with its path, and deploy again."
    try:
        with urllib.request.urlopen(url, timeout=_DOWNLOAD_TIMEOUT) as answer, target.open("wb") as file:
            shutil.copyfileobj(answer, file, 1024 * 1024)
            expected = answer.headers.get("content-length")
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise DatasetUnavailable(f"{url} cannot be downloaded: {error}. {advice}") from error
    size = target.stat().st_size
    if expected is not None and size != int(expected):
        raise DatasetUnavailable(
            f"the download of {url} stopped after {size:,} of {int(expected):,} bytes. Run the pipeline again."
        )


def _check(archive: Path, url: str, *, sha256: str) -> None:
    with _member(archive, url) as member:
        digest = hashlib.file_digest(member, "sha256").hexdigest()
    if digest != sha256:
        raise DatasetUnavailable(
            f"{UCI_MEMBER} in {url} does not match data.dataset.sha256 (its SHA-256 is {digest}): find out why first."
        )


def _member(archive: Path, url: str) -> Any:
    """newsCorpora.csv in the archive, wherever it is, opened to read."""
    try:
        names = [name for name in zipfile.ZipFile(archive).namelist() if PurePosixPath(name).name == UCI_MEMBER]
    except zipfile.BadZipFile as error:
        raise DatasetUnavailable(f"{url} is not a zip file. Check data.dataset.url.") from error
    names = [name for name in names if not name.startswith("__MACOSX/")]
    if not names:
        raise DatasetUnavailable(f"{url} has no {UCI_MEMBER}. Check data.dataset.url.")
    return zipfile.ZipFile(archive).open(names[0])
