"""What a model package's CustomerMetadataProperties say about its artifact. The gate writes it, promotion reads it.

SageMaker accepts values of 1 to 256 characters: letters, digits, spaces and `_.:/=+-@` (API reference,
CreateModelPackage), so no value there can be "".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ARTIFACT_SHA256 = "artifact_sha256"
CHAMPION = "champion"
BILL_URI, BILL_SHA256 = "sbom_uri", "sbom_sha256"
_NONE = "none"
_TAKEN = re.compile(r"[\w.:/=+\-@]{1,256}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """artifact_sha256: 64 hex digits of the whole archive; champion: as `champion_value` writes it. Both "" where the
    package does not say: an earlier version of Rubric registered it, or somebody did by hand.
    """

    artifact_sha256: str
    champion: str


def of_package(package: Mapping[str, Any]) -> Provenance:
    """What DescribeModelPackage's answer says."""
    metadata = package.get("CustomerMetadataProperties") or {}
    digest = str(metadata.get(ARTIFACT_SHA256, ""))
    return Provenance(
        artifact_sha256=digest if _DIGEST.fullmatch(digest) else "", champion=str(metadata.get(CHAMPION, ""))
    )


def metadata(*, artifact_sha256: str, champion_uri: str) -> dict[str, str]:
    """The two properties, as the model package takes them."""
    return {ARTIFACT_SHA256: artifact_sha256, CHAMPION: champion_value(champion_uri)}


def bill(uri: str, document: bytes) -> dict[str, str]:
    """Where the model's bill of materials is, and its SHA-256."""
    return {BILL_URI: uri, BILL_SHA256: hashlib.sha256(document).hexdigest()}


def champion_value(artifact_uri: str) -> str:
    """An artifact's S3 URI, `none` for "", and `sha256:` with the URI's own digest for one that SageMaker refuses."""
    if not artifact_uri:
        return _NONE
    if _TAKEN.fullmatch(artifact_uri):
        return artifact_uri
    return f"sha256:{hashlib.sha256(artifact_uri.encode()).hexdigest()}"
