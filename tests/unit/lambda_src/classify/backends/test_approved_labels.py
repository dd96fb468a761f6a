"""Tests classify/backends/approved_labels.py."""

from __future__ import annotations

import json

import boto3
import pytest

from lambda_src.classify.backends import approved_labels
from lambda_src.common.problems import Problem

LABELS = ["Business", "Entertainment", "Health"]


def test_labels_come_from_the_approved_model_and_are_kept(account, logger):
    s3, ssm, clock = boto3.client("s3"), boto3.client("ssm"), [0.0]
    read = approved_labels.ApprovedLabels(
        ssm, s3, parameter="/p", bucket="artifacts", logger=logger, now=lambda: clock[0]
    )
    with pytest.raises(Problem) as raised:
        read()
    assert raised.value.status == 503
    s3.create_bucket(Bucket="artifacts")
    s3.put_object(Bucket="artifacts", Key="models/job-1/evaluation.json", Body=json.dumps({"labels": LABELS}))
    ssm.put_parameter(Name="/p", Value="s3://artifacts/models/job-1/output/model.tar.gz", Type="String")
    assert read() == tuple(LABELS)
    ssm.delete_parameter(Name="/p")
    assert read() == tuple(LABELS)
    clock[0] = approved_labels.CACHE_SECONDS
    assert read() == tuple(LABELS)  # AWS does not answer: the known labels still hold
    ssm.put_parameter(Name="/p", Value="s3://artifacts/models/job-1/output/model.tar.gz", Type="String")
    clock[0] += approved_labels.CACHE_SECONDS
    s3.put_object(Bucket="artifacts", Key="models/job-1/evaluation.json", Body="[" * 100_000)
    assert read() == tuple(LABELS)
    assert logger.messages("warning") == ["the approved model's labels cannot be read"] * 3
