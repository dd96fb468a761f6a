"""Tests gate/kept_output.py."""

from __future__ import annotations

import hashlib

import boto3
import pytest
from botocore.exceptions import ClientError

from lambda_src.pipeline.gate import kept_output
from lambda_src.pipeline.gate.errors import EvaluationMissing, OutputRefused
from lambda_src.pipeline.gate.kept_output import Keeper

BUCKET, FILE = "artifacts", "model.tar.gz"
WRITTEN, KEPT = "training/job-1/output/model.tar.gz", "models/job-1/output/model.tar.gz"


@pytest.fixture
def s3(account):
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def write(s3, body, key=WRITTEN):
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def kept(s3):
    return s3.get_object(Bucket=BUCKET, Key=KEPT)["Body"].read()


def keep(s3):
    return Keeper(s3, bucket=BUCKET).keep("job-1", FILE)


def test_what_a_job_wrote_is_kept_with_its_digest(s3):
    write(s3, b"one" * 100)
    assert keep(s3) == hashlib.sha256(b"one" * 100).hexdigest()
    assert kept(s3) == b"one" * 100
    assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")


def test_a_large_file_is_copied_in_parts(s3, monkeypatch):
    body = bytes(range(256)) * 50_000
    monkeypatch.setattr(kept_output, "_PART", 6 * 1024 * 1024)  # S3's minimum is 5 MiB except for the last part
    write(s3, body)
    assert keep(s3) == hashlib.sha256(body).hexdigest()
    assert kept(s3) == body


def test_output_that_something_else_wrote_as_well_is_refused(s3):
    for body in (b"one", b"two"):
        write(s3, body)
    with pytest.raises(OutputRefused, match=f"{WRITTEN} was written 2 times with different bytes: .* train again"):
        keep(s3)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="models/")


def test_the_same_bytes_written_twice_are_no_fault(s3):
    for _ in range(2):
        write(s3, b"one")
    assert keep(s3) == hashlib.sha256(b"one").hexdigest()


def test_what_is_deleted_and_written_anew_is_seen(s3):
    write(s3, b"one")
    s3.delete_object(Bucket=BUCKET, Key=WRITTEN)
    write(s3, b"two")
    with pytest.raises(OutputRefused, match="written 2 times"):
        keep(s3)


def test_keeping_can_be_repeated_and_writes_once(s3):
    write(s3, b"one")
    assert keep(s3) == keep(s3)
    assert len(s3.list_object_versions(Bucket=BUCKET, Prefix=KEPT)["Versions"]) == 1


def test_another_file_in_its_place_is_refused_and_left(s3):
    write(s3, b"one")
    write(s3, b"other", KEPT)
    with pytest.raises(OutputRefused, match=f"{KEPT} already has other content: train again"):
        keep(s3)
    assert kept(s3) == b"other"


def test_a_job_that_left_nothing(s3):
    write(s3, b"another job's", WRITTEN + ".old")
    with pytest.raises(EvaluationMissing, match=f"^the training job left no s3://artifacts/{WRITTEN}$"):
        keep(s3)


class Busy:
    """S3 that reports a write at the same time `times` times, as an upload is completed."""

    def __init__(self, s3, times, code="ConditionalRequestConflict"):
        self.s3, self.times, self.code = s3, times, code

    def __getattr__(self, name):
        return getattr(self.s3, name)

    def complete_multipart_upload(self, **call):
        if self.times:
            self.times -= 1
            raise ClientError({"Error": {"Code": self.code}}, "CompleteMultipartUpload")
        return self.s3.complete_multipart_upload(**call)


def test_a_write_at_the_same_time_is_tried_again(s3):
    write(s3, b"one")
    assert keep(Busy(s3, 2)) == hashlib.sha256(b"one").hexdigest()


@pytest.mark.parametrize("busy", [(3,), (1, "AccessDenied")])
def test_what_cannot_be_kept_leaves_no_half_upload(s3, busy):
    write(s3, b"one")
    with pytest.raises(ClientError):
        keep(Busy(s3, *busy))
    assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
