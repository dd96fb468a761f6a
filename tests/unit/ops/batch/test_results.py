"""Tests where answers are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.batch import locations, results
from ops.batch.locations import Place
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from tests.unit.ops.batches import IN, put


def test_answers_do_not_mix_with_texts(cloud: Cloud, tmp_path: Path) -> None:
    put("batch/in/a.jsonl", "x")
    put("batch/in/b.jsonl", "x")
    s3 = cloud.client("s3")
    folder, one = locations.find(s3, IN), locations.find(s3, f"{IN}a.jsonl")
    here = tmp_path / "texts.csv"
    here.write_text("a\n")
    assert results.destination("s3://b/out", folder).failed == Place("b", "out/failed.jsonl")
    assert results.destination(str(tmp_path), folder).of("deep/a.csv") == tmp_path / "deep/a.csv.out"
    to_file = results.destination(str(tmp_path / "out.jsonl"), one)
    assert (to_file.of("a.jsonl"), to_file.failed) == (tmp_path / "out.jsonl", tmp_path / "out.failed.jsonl")
    for text, source, message in (
        (f"{IN}out/", folder, "is inside"),
        (str(tmp_path / "out.jsonl"), folder, "give a folder"),
        (str(here), locations.find(s3, str(here)), "is the input"),
    ):
        with pytest.raises(OpsError, match=message):
            results.destination(text, source)
