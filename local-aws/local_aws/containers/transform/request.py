"""A CreateTransformJob request with SageMaker's defaults, its input files and the location of their answers."""

import contextlib
import gzip
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.containers.errors import ContainerFailure
from local_aws.containers.files import storage
from local_aws.containers.transform import records

MEGABYTE = 1024 * 1024
DEFAULT_PAYLOAD_MB, DEFAULT_CONCURRENT = 6, 1
DEFAULT_TIMEOUT_SECONDS, DEFAULT_RETRIES = 600, 3
_NO_LIMIT = 1 << 40  # bytes; stands for MaxPayloadInMB 0


@dataclass(frozen=True)
class Plan:
    """How a job splits its input, sends requests and assembles the answers. Times are in seconds."""

    content_type: str
    accept: str
    split: Callable[..., Iterator[bytes]]
    payload_mb: int
    concurrent: int
    timeout: float
    retries: int
    newline: bool  # AssembleWith is Line
    compressed: bool

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> "Plan":
        """Create the plan from the request."""
        source, target = request["TransformInput"], request["TransformOutput"]
        client = request.get("ModelClientConfig", {})
        by_line = source.get("SplitType", "None") == "Line"
        multi = request.get("BatchStrategy", "MultiRecord") == "MultiRecord"
        return cls(
            content_type=source.get("ContentType", ""),
            accept=target.get("Accept", ""),
            split=(records.multi if multi else records.single) if by_line else records.whole,
            payload_mb=request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB),
            concurrent=request.get("MaxConcurrentTransforms") or DEFAULT_CONCURRENT,
            timeout=client.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT_SECONDS),
            retries=client.get("InvocationsMaxRetries", DEFAULT_RETRIES),
            newline=target.get("AssembleWith", "None") == "Line",
            compressed=source.get("CompressionType", "None") == "Gzip",
        )

    @property
    def is_multi(self) -> bool:
        """Whether a request holds as many records as fit."""
        return self.split is records.multi

    @property
    def headers(self) -> dict[str, str]:
        """The headers of each request to /invocations."""
        headers = {"Content-Type": self.content_type, "Accept": self.accept}
        return {name: value for name, value in headers.items() if value}

    @contextlib.contextmanager
    def payloads(self, file: Path) -> Iterator[Iterator[bytes]]:
        """Yield a downloaded object's payloads in order; may raise records.PayloadTooLargeError or OSError."""
        with gzip.open(file) if self.compressed else file.open("rb") as body:
            yield self.split(body, limit=self.payload_mb * MEGABYTE or _NO_LIMIT)


@dataclass(frozen=True)
class InputFile:
    """An S3 object to transform, and the URI for its answers."""

    bucket: str
    key: str
    output_uri: str

    @property
    def name(self) -> str:
        """The file's name as SageMaker's logs show it."""
        return f"{self.bucket}/{self.key}"

    @property
    def uri(self) -> str:
        """The file's S3 URI."""
        return f"s3://{self.name}"


def environment(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that a transform job's container gets in addition to the model's own."""
    variables = {"SAGEMAKER_BATCH": "true", **request.get("Environment", {})}
    if "MaxPayloadInMB" in request:
        variables["SAGEMAKER_MAX_PAYLOAD_IN_MB"] = str(request["MaxPayloadInMB"])
    if "BatchStrategy" in request:
        variables["SAGEMAKER_BATCH_STRATEGY"] = {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}[
            request["BatchStrategy"]
        ]
    if request.get("MaxConcurrentTransforms"):
        variables["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] = str(request["MaxConcurrentTransforms"])
    return variables


def input_files(request: Mapping[str, Any], *, s3: Any, role: str) -> list[InputFile]:
    """Return the objects of the job's data source in order. Raises ContainerFailure if there are none."""
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    output = request["TransformOutput"]["S3OutputPath"]
    try:
        if source["S3DataType"] == "ManifestFile":
            objects = list(_listed(s3, source["S3Uri"], output))
        else:
            objects = list(_below(s3, source["S3Uri"], output))
        message = None
    except storage.StorageDeniedError as denied:
        objects, message = [], denied.message
    except (storage.StorageError, ValueError, TypeError) as error:
        raise ContainerFailure(f"ClientError: Data download failed:{error}") from error
    if not objects:
        why = storage.no_objects_message(source["S3Uri"], role=role, region=s3.meta.region_name, message=message)
        raise ContainerFailure(f"ClientError: Data download failed:{why}")
    return objects


def _below(s3: Any, uri: str, output: str) -> Iterator[InputFile]:
    """List a prefix. An answer's key keeps the part of the input's key after the prefix's last `/`."""
    bucket, prefix = storage.parse_uri(uri)
    start = prefix.rfind("/") + 1
    for key in storage.keys(s3, bucket, prefix):
        yield InputFile(bucket, key, storage.join_uri(output, f"{key[start:]}.out"))


def _listed(s3: Any, uri: str, output: str) -> Iterator[InputFile]:
    """List a manifest: `[{"prefix": "s3://bucket/folder/"}, "a.csv", ...]`."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "manifest"
        storage.download_object(s3, uri, copy)
        manifest = json.loads(copy.read_bytes())
    if not isinstance(manifest, list) or not manifest or not isinstance(manifest[0], dict):
        raise ValueError(f'the manifest {uri} is not a list that begins with {{"prefix": "s3://..."}}')
    bucket, prefix = storage.parse_uri(manifest[0]["prefix"])
    for name in manifest[1:]:
        yield InputFile(bucket, f"{prefix}{name}", storage.join_uri(output, f"{name}.out"))
