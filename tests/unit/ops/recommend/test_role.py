"""Tests the permissions of Inference Recommender's role."""

import json

import boto3

from environments.settings import load as load_settings
from ops.deployment.cloud import Cloud
from ops.recommend.role import documents
from tests.unit.ops.conftest import BUCKET, ROOT, run


def test_the_policy_has_the_regions_partition(cloud, monkeypatch):
    monkeypatch.setattr(Cloud, "partition", "aws-cn")
    printed = json.dumps(documents(cloud))
    assert "arn:aws-cn:s3:::artifacts/models/*" in printed and "arn:aws-cn:iam::aws:policy/" in printed
    assert "arn:aws:" not in printed


def test_the_role_is_assumed_for_this_account_and_region_alone(cloud):
    [trust] = documents(cloud)["trust_policy"]["Statement"]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust["Condition"] == {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:us-east-1:123456789012:*"}}


def test_the_policy_names_our_bucket_and_the_key_where_there_is_one(cloud, monkeypatch, capsys):
    assert run("recommend", "--policy") == 0
    printed = json.loads(capsys.readouterr().out)
    listing, reading = printed["inline_policy"]["Statement"]
    assert listing["Resource"] == "arn:aws:s3:::artifacts"
    assert reading["Resource"] == ["arn:aws:s3:::artifacts/models/*", "arn:aws:s3:::artifacts/recommend/*"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:key"}}
    configuration = {"Rules": [rule]}
    boto3.client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=configuration)
    monkeypatch.setattr(Cloud, "settings", load_settings("prod", root=ROOT))
    statements = documents(cloud)["inline_policy"]["Statement"]
    assert printed["managed_policy"] == "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    assert statements[-1]["Action"] == "kms:Decrypt" and statements[-1]["Resource"] == "arn:aws:kms:key"
