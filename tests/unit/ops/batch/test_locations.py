"""Tests finding the files at a place, and their kinds."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from ops.batch import locations
from ops.batch.locations import File, Place
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from tests.unit.ops.batches import IN, put
from tests.unit.ops.conftest import BUCKET


def test_what_is_at_a_place(cloud: Cloud, tmp_path: Path) -> None:
    for key in ("batch/in/a.jsonl", "batch/in/deep/b.jsonl", "batch/in.jsonl", "batch/in.jsonl.old"):
        put(key, "x")
    boto3.client("s3").put_object(Bucket=BUCKET, Key="batch/in/")
    s3 = cloud.client("s3")
    for uri in (IN, IN.rstrip("/")):
        result = locations.find(s3, uri)
        assert ([file.name for file in result.files], result.at) == (
            ["a.jsonl", "deep/b.jsonl"], Place(BUCKET, "batch/in/")
        )  # fmt: skip
    one = locations.find(s3, "s3://artifacts/batch/in.jsonl")
    assert ([file.name for file in one.files], one.is_alone) == (["in.jsonl"], False)
    here = tmp_path / "texts.csv"
    here.write_text("a\n")
    assert locations.find(s3, str(here)).at == here
    for source, message in (
        ("s3://artifacts/none/", "nothing at"), ("s3:///x", "has no bucket"), ("none.csv", "no file"),
    ):  # fmt: skip
        with pytest.raises(OpsError, match=message):
            locations.find(s3, source)
    boto3.client("s3").put_object(Bucket=BUCKET, Key="batch/in/c.jsonl", Body=b"")
    with pytest.raises(OpsError, match=r"c\.jsonl is empty"):
        locations.find(s3, IN)


def test_the_content_type_is_told_by_names_or_by_the_option() -> None:
    csv, lines, other = (File(name, 1, Path(name)) for name in ("a.csv", "b.JSONL", "c.txt"))
    assert locations.content_type([csv], None) == "text/csv"
    assert locations.content_type([lines], None) == "application/jsonlines"
    assert locations.content_type([other], "csv") == "text/csv"
    for files, asked, message in (
        ([csv, lines], None, "different kinds"),
        ([other], None, "neither"),
        ([csv], "xml", "xml"),
    ):
        with pytest.raises(OpsError, match=message):
            locations.content_type(files, asked)


@pytest.mark.parametrize("source", [b"a\nb\n\nlast", b"one\n", "caf\u00e9 \u2028 x\r\n\n".encode()])
def test_lines_in_s3_are_those_of_a_file_here(cloud: Cloud, tmp_path: Path, source: bytes) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key="a.jsonl", Body=source)
    here = tmp_path / "a.jsonl"
    here.write_bytes(source)
    results = []
    for at in (here, Place(BUCKET, "a.jsonl")):
        with File("a.jsonl", len(source), at).open(cloud.client("s3")) as lines:
            results.append(list(lines))
    assert results[0] == results[1] == source.splitlines(keepends=True) or b"\xe2\x80\xa8" in source
