"""A model's reference for drift, which the gate keeps beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from botocore.exceptions import ClientError

from contracts.deployment import buckets
from contracts.models import baseline
from contracts.models.baseline import WORDS, Baseline
from ops.deployment.cloud import Cloud
from ops.errors import code_of
from ops.models.registry import Model


@dataclass(frozen=True)
class DriftReference:
    """Where it is stored, and what it holds; `reason` says why it cannot be used."""

    uri: str
    content: Baseline | None = None
    reason: str = ""

    def sentence(self) -> str:
        """What it is a sample of, or why there is none."""
        if self.content is None:
            return self.reason
        unit = "words" if self.content["length_unit"] == WORDS else "word pieces"
        return (
            f"{self.content['texts']:,} test texts, near duplicates counted once: {', '.join(self.content['streams'])} "
            f"(length in {unit})"
        )


def find(cloud: Cloud, model: Model) -> DriftReference | None:
    """The model's reference; None if it has none."""
    bucket = model.artifact_uri.removeprefix("s3://").partition("/")[0]
    key = buckets.baseline(model.version)
    uri = f"s3://{bucket}/{key}"
    try:
        body = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if code_of(error) not in ("NoSuchKey", "404"):
            raise
        return None
    try:
        return DriftReference(uri, baseline.read(json.loads(body)))
    except (ValueError, RecursionError) as error:  # among them BaselineError
        return DriftReference(uri, reason=f"{uri} cannot be used: {error}")
