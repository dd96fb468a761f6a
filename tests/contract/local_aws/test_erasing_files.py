"""Tests rubric erase on a versioned bucket of a running server: rewritten, deleted and refused files."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.server import Server
from ops.erase.datasets import table
from ops.erase.objects import Objects
from ops.erase.targets import Wanted, of_text

BUCKET = "erased-from"
KEY = "datasets/a/news.csv"
TEXT = "Mary Smith, ill"


@pytest.fixture(scope="module")
def s3(server: Server) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def versions(s3: Any) -> list[bytes]:
    result = s3.list_object_versions(Bucket=BUCKET).get("Versions", [])
    return [s3.get_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])["Body"].read() for one in result]


def test_old_versions_go_and_the_current_one_is_written_without_the_text(s3: Any) -> None:
    for rows in (f'"{TEXT}",A\n', f'"{TEXT}",A\nx,B\n', "before,B\n", f'y,B\n"{TEXT}",A\n'):
        s3.put_object(
            Bucket=BUCKET, Key=KEY, Body=f"text,label\n{rows}".encode(), ContentType="text/csv", Metadata={"a": "b"}
        )
    objects = Objects(
        s3,
        store="datasets",
        bucket=BUCKET,
        prefix="",
        editor_of=lambda key: table,
        show=lambda store, done, found: None,
    )
    report = objects.run(Wanted(of_text(TEXT, at="2026-11-20T09:00:00.000Z")), apply=True)
    assert (report.looked_at, report.found, report.erased, report.problems) == (4, 3, 3, [])
    assert versions(s3) == [b"text,label\ny,B\n", b"text,label\nbefore,B\n"]
    head = s3.head_object(Bucket=BUCKET, Key=KEY)
    assert (head["ContentType"], head["Metadata"]) == ("text/csv", {"a": "b"})


def test_a_version_that_is_not_the_current_one_any_more_replaces_nothing(s3: Any) -> None:
    place = {"Bucket": BUCKET, "Key": "datasets/b.csv"}
    old = s3.put_object(**place, Body=b"old")["ETag"]
    s3.put_object(**place, Body=b"new")
    upload = s3.create_multipart_upload(**place)["UploadId"]
    part = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"rewritten")["ETag"]
    done = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=done, IfMatch=old)
    assert s3.get_object(**place)["Body"].read() == b"new"
