"""Tests contracts/deployment/buckets.py: the places of a training job's files."""

from __future__ import annotations

import pytest

from contracts.deployment import buckets


def test_the_gate_keeps_what_a_job_wrote_under_another_prefix() -> None:
    assert buckets.staged("job", buckets.MODEL_FILE) == "training/job/output/model.tar.gz"
    assert buckets.kept("job", buckets.OUTPUT_FILE) == "models/job/output/output.tar.gz"
    assert buckets.evaluation("job") == "models/job/evaluation.json"


@pytest.mark.parametrize(
    ("uri", "version"),
    [
        (f"s3://bucket/{buckets.kept('job', buckets.MODEL_FILE)}", "job"),
        ("s3://bucket/prefix/models/job/output/model.tar.gz", "job"),
        ("s3://bucket/training/job/output/model.tar.gz", ""),
        ("s3://bucket/models/job/model.tar.gz", ""),
        ("s3://models/job/output/model.tar.gz", ""),
        ("", ""),
    ],
)
def test_a_models_version_is_its_training_jobs_name(uri: str, version: str) -> None:
    assert buckets.model_version(uri) == version
