"""Tests notebooks/deployed.py."""

import hashlib
import importlib.util
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

SOURCE = Path(__file__).resolve().parents[3] / "notebooks" / "deployed.py"


@mock_aws
def test_a_model_of_a_notebook_is_kept_once_where_no_job_may_write(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    spec = importlib.util.spec_from_file_location("deployed", SOURCE)
    assert spec is not None and spec.loader is not None
    deployed = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "deployed", deployed)
    spec.loader.exec_module(deployed)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="artifacts")
    for name in ("model", "output"):
        s3.put_object(Bucket="artifacts", Key=f"training/job-1/output/{name}.tar.gz", Body=name.encode())
    kept = deployed.keep("s3://artifacts/training/job-1/output/model.tar.gz")
    assert kept == ("s3://artifacts/models/job-1/output/model.tar.gz", hashlib.sha256(b"model").hexdigest())
    assert s3.get_object(Bucket="artifacts", Key="models/job-1/output/output.tar.gz")["Body"].read() == b"output"
    assert deployed.job_of("s3://artifacts/training/job-1/output/model.tar.gz") == deployed.job_of(kept[0]) == "job-1"
    assert deployed.keep("s3://artifacts/training/job-1/output/model.tar.gz") == kept
    s3.put_object(Bucket="artifacts", Key="training/job-1/output/model.tar.gz", Body=b"another")
    with pytest.raises(ValueError, match="already has other content"):
        deployed.keep("s3://artifacts/training/job-1/output/model.tar.gz")
