"""The base that all sections of an environment file share.

`docs/settings.md` is generated from the fields' descriptions by `python -m environments.reference`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
S3Uri = Annotated[
    str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]+/[^\x00-\x1f\x7f\s]([^\x00-\x1f\x7f]*\S)?$")
]
InstanceType = Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Section(BaseModel):
    """A part of an environment file: unknown keys and wrong types are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
