"""A job's sample requests: the files of an archive in S3."""

import tarfile
import tempfile
from pathlib import Path
from typing import Any

from local_aws.containers.files import archive, storage


class PayloadError(Exception):
    """There are no sample requests; the text is the job's FailureReason."""


def read(s3: Any, url: str) -> list[bytes]:
    """Return the content of each file in the archive, in order of name. Raises PayloadError."""
    with tempfile.TemporaryDirectory(prefix="local-aws-payload-") as folder:
        packed, unpacked = Path(folder) / "payload.tar.gz", Path(folder) / "payload"
        try:
            storage.download_object(s3, url, packed)
            archive.unpack(packed, unpacked)
        except storage.StorageError as error:
            raise PayloadError(f"PayloadError: the sample payload {url} cannot be read: {error}") from error
        except (archive.ArchiveError, tarfile.ReadError) as error:
            raise PayloadError(f"PayloadError: {url} is not a gzip compressed tar archive: {error}") from error
        bodies = [path.read_bytes() for path in sorted(unpacked.rglob("*")) if path.is_file()]
    if not any(bodies):
        raise PayloadError(f"PayloadError: the payload is empty: {url} has no file with a request in it")
    return [body for body in bodies if body]
