"""JSON that somebody else wrote, and the objects under a prefix."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from ops.errors import code_of


def parsed(content: Any) -> dict[str, Any]:
    """The JSON object in a text; empty for anything else."""
    try:
        document = json.loads(content or "{}")
    except (ValueError, TypeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def under(s3: Any, *, bucket: str, prefix: str, ending: str = ".json") -> Iterator[dict[str, Any]]:
    """The JSON objects whose keys begin and end so, in the order of their keys."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for key in (str(each["Key"]) for page in pages for each in page.get("Contents", [])):
        if not key.endswith(ending):
            continue
        try:
            document = parsed(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            if code_of(error) != "NoSuchKey":  # deleted meanwhile
                raise
            continue
        if document:
            yield document
