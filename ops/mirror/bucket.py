"""The mirror in the environment's artifact bucket."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from contracts.deployment import mirror
from ops.errors import code_of
from ops.mirror import folder as folders
from ops.mirror.part import Part, below
from ops.mirror.transfers import Transfers

# In one piece, S3 keeps the SHA-256 of the whole object and checks it on arrival; of several, only one of the pieces'
# (S3 User Guide, "checking-object-integrity-upload"). A single PutObject takes 5 GB.
_ONE_PIECE = 5 * 1000**3
_ABSENT = {"404", "NoSuchKey", "NotFound"}


class Bucket:
    """The bucket's folder of the mirror. s3: a boto3 client."""

    def __init__(self, s3: Any, name: str) -> None:
        self._s3 = s3
        self._name = name

    def lacking(self, part: Part) -> str:
        """What of the part is not there, in a clause; "" if nothing. The files are not read."""
        digests, fault = self._digests(part)
        if fault:
            return fault
        there = self._names(part)
        missing = sorted(name for name in digests if name not in there)
        return part.lacking(digests) or (f"{missing[0]} is missing" if missing else "")

    def faults(self, part: Part) -> list[str]:
        """What is missing or differs, a clause each."""
        digests, fault = self._digests(part)
        if fault:
            return [fault]
        lacks = part.lacking(digests)
        return [*([lacks] if lacks else []), *filter(None, (self._fault(part, *each) for each in digests.items()))]

    def fill(self, root: Path, part: Part, transfers: Transfers) -> int:
        """Upload what is missing or differs from a folder's part without faults; the number of files."""
        wanted = folders.digests(root, part)
        source, count = below(root, part), 0
        for name, digest in wanted.items():
            if self._digest(f"{part.prefix}{name}") != digest:
                self._upload(source / name, f"{part.prefix}{name}", digest, transfers)
                count += 1
        # Last: a part without it is not complete.
        sums = source / mirror.SUMS
        if self._digest(f"{part.prefix}{mirror.SUMS}") != mirror.digest_of(sums):
            self._upload(sums, f"{part.prefix}{mirror.SUMS}", mirror.digest_of(sums), transfers)
            count += 1
        return count

    def _digests(self, part: Part) -> tuple[dict[str, str], str]:
        """The part's digests, or why there are none."""
        key = f"{part.prefix}{mirror.SUMS}"
        try:
            content = self._s3.get_object(Bucket=self._name, Key=key)["Body"].read()
            return mirror.read_sums(content.decode(errors="replace")), ""
        except ClientError as error:
            if code_of(error) not in _ABSENT:
                raise
            return {}, f"s3://{self._name}/{key} does not exist"
        except mirror.SumsError as error:
            return {}, f"in s3://{self._name}/{part.prefix}, {error}"

    def _fault(self, part: Part, name: str, expected: str) -> str:
        found = self._digest(f"{part.prefix}{name}")
        if found is None:
            return f"{name} is missing"
        return "" if found == expected else f"{name} has the SHA-256 {found} instead of {expected}"

    def _digest(self, key: str) -> str | None:
        """An object's SHA-256, as S3 keeps it or else of what it sends; None if there is no such object."""
        try:
            head = self._s3.head_object(Bucket=self._name, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if code_of(error) in _ABSENT:
                return None
            raise
        kept = head.get("ChecksumSHA256", "")
        if kept and head.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT" and "-" not in kept:
            return base64.b64decode(kept).hex()
        digest = hashlib.sha256()
        for block in self._s3.get_object(Bucket=self._name, Key=key)["Body"].iter_chunks(1 << 20):
            digest.update(block)
        return digest.hexdigest()

    def _names(self, part: Part) -> set[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=part.prefix)
        return {entry["Key"].removeprefix(part.prefix) for page in pages for entry in page.get("Contents", [])}

    def _upload(self, file: Path, key: str, digest: str, transfers: Transfers) -> None:
        size = file.stat().st_size
        whole = {"ChecksumSHA256": base64.b64encode(bytes.fromhex(digest)).decode()}
        with transfers.file("uploading", file.name, size=size) as advance:
            self._s3.upload_file(
                str(file),
                self._name,
                key,
                ExtraArgs=whole if size < _ONE_PIECE else {"ChecksumAlgorithm": "SHA256"},
                Callback=advance,
                Config=TransferConfig(multipart_threshold=_ONE_PIECE),
            )
