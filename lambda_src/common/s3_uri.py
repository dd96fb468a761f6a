"""`s3://bucket/key` locations."""

from __future__ import annotations


def split(uri: str) -> tuple[str, str]:
    """(bucket, key) of an S3 URI; the key may be empty. Raises ValueError for anything else."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ValueError(f"{uri!r} is not an S3 location (s3://bucket/key)")
    return bucket, key


def join(bucket: str, *parts: str) -> str:
    """`s3://bucket/part/part…`, with no doubled slashes between the parts."""
    return "/".join([f"s3://{bucket}", *(part.strip("/") for part in parts if part)])
