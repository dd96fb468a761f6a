"""Tests S3's conditional writes, and a bucket policy that requires them, on a running server."""

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_src.pipeline.gate.errors import OutputRefused
from lambda_src.pipeline.gate.kept_output import Keeper
from local_aws_testing.server import Server

BUCKET = "written-once"
# Same as in stacks/data/secure_bucket.py; tests/stacks/data/test_secure_bucket.py checks that.
POLICY = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "s3:PutObject",
    "Resource": f"arn:aws:s3:::{BUCKET}/models/*/output/*",
    "Condition": {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}},
}


@pytest.fixture(scope="module")
def s3(server: Server) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [POLICY]}))
    client.put_object(Bucket=BUCKET, Key="training/one", Body=b"one")
    return client


def put(s3: Any, key: str, **condition: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"one", **condition)


def copy(s3: Any, key: str, **condition: str) -> None:
    s3.copy_object(Bucket=BUCKET, Key=key, CopySource=f"{BUCKET}/training/one", **condition)


def upload(s3: Any, key: str, **condition: str) -> None:
    place = {"Bucket": BUCKET, "Key": key}
    place["UploadId"] = s3.create_multipart_upload(**place)["UploadId"]
    part = s3.upload_part_copy(**place, PartNumber=1, CopySource=f"{BUCKET}/training/one")["CopyPartResult"]["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    s3.complete_multipart_upload(**place, MultipartUpload=parts, **condition)


@pytest.mark.parametrize("write", [put, copy, upload], ids=lambda write: write.__name__)
def test_an_object_is_written_once_and_only_by_who_asks_for_that(s3: Any, write: Any) -> None:
    key = f"models/{write.__name__}/output/model.tar.gz"
    with pytest.raises(ClientError, match="AccessDenied"):
        write(s3, key)
    write(s3, key, IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        write(s3, key, IfNoneMatch="*")
    with pytest.raises(ClientError, match="AccessDenied"):
        write(s3, key)
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"one"


@pytest.mark.parametrize("write", [put, copy, upload], ids=lambda write: write.__name__)
def test_elsewhere_nobody_has_to_ask(s3: Any, write: Any) -> None:
    for key in (f"capture/{write.__name__}", f"models/{write.__name__}/evaluation.json"):
        for _ in range(2):
            write(s3, key)


def test_the_gate_keeps_a_job_s_output_once_where_the_policy_holds(server: Server, s3: Any) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="training/job-1/output/model.tar.gz", Body=b"model")
    keeper = Keeper(s3, bucket=BUCKET)
    for _ in range(2):
        assert keeper.keep("job-1", "model.tar.gz") == hashlib.sha256(b"model").hexdigest()
    kept = s3.list_object_versions(Bucket=BUCKET, Prefix="models/job-1/")["Versions"]
    assert [each["Key"] for each in kept] == ["models/job-1/output/model.tar.gz"]
    s3.put_object(Bucket=BUCKET, Key="training/job-1/output/model.tar.gz", Body=b"another")
    with pytest.raises(OutputRefused, match="written 2 times"):
        keeper.keep("job-1", "model.tar.gz")
