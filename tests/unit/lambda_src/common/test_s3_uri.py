"""Tests common/s3_uri.py."""

from __future__ import annotations

import pytest

from lambda_src.common import s3_uri


def test_s3_locations():
    assert s3_uri.split("s3://b/a/c") == ("b", "a/c")
    assert s3_uri.split("s3://b") == ("b", "")
    assert s3_uri.join("b", "models/", "/job", "") == "s3://b/models/job"
    for wrong in ("", "b/a", "https://b/a", "s3://", "s3:///a"):
        with pytest.raises(ValueError, match="not an S3 location"):
            s3_uri.split(wrong)
