"""Tests common/one_object.py: of two who have read the same object, one replaces it."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambda_src.common import one_object

PLACE: Any = {"bucket": "artifacts", "key": "state.json"}


@pytest.fixture
def s3(account: None) -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket="artifacts")
    return client


def test_only_what_was_read_is_replaced(s3: Any) -> None:
    first = one_object.replace(s3, **PLACE, document={"Ä": 1}, etag=None)
    second = one_object.replace(s3, **PLACE, document={"Ä": 2}, etag=first)
    for overtaken in (None, first):
        with pytest.raises(one_object.ChangedError, match=r"state\.json was changed"):
            one_object.replace(s3, **PLACE, document={}, etag=overtaken)
    stored = s3.get_object(Bucket="artifacts", Key="state.json")
    assert (json.loads(stored["Body"].read()), stored["ETag"]) == ({"Ä": 2}, second)
    s3.delete_object(Bucket="artifacts", Key="state.json")
    with pytest.raises(one_object.ChangedError):
        one_object.replace(s3, **PLACE, document={}, etag=second)


def test_another_error_is_no_change(s3: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        one_object.replace(s3, bucket="none", key="k", document={}, etag=None)
    with pytest.raises(ValueError, match="not JSON compliant"):
        one_object.replace(s3, **PLACE, document={"nan": float("nan")}, etag=None)
