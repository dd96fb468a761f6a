"""Tests the transform job: its model, its instances and its staging files."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from ops.batch import locations, transform
from ops.batch.locations import Place
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from tests.unit.ops.batches import IN, get, put
from tests.unit.ops.conftest import BUCKET


def test_the_model_is_the_endpoints(serving: Cloud) -> None:
    assert transform.deployed(serving) == transform.Deployed(model="model-1", instance_type="ml.m5.xlarge")


def test_without_an_endpoint_there_is_nothing_to_run(cloud: Cloud) -> None:
    with pytest.raises(OpsError, match="deploy the Serving stack"):
        transform.deployed(cloud)


def test_instances_are_those_of_the_endpoint_where_jobs_run_on_them(cloud: Cloud) -> None:
    sagemaker = cloud.client("sagemaker")
    for own, asked, taken in (
        ("ml.c7i.large", None, "ml.c7i.large"),
        ("ml.c7i.large", "ml.m5.large", "ml.m5.large"),
        ("ml.c8i.large", None, transform.FALLBACK_INSTANCE),
        ("", None, transform.FALLBACK_INSTANCE),
    ):
        assert transform.instance_type(sagemaker, transform.Deployed("m", own), asked) == taken
    with pytest.raises(OpsError, match="transform jobs do not run on it"):
        transform.instance_type(sagemaker, transform.Deployed("m", ""), "ml.c8i.large")


def test_only_what_the_models_role_cannot_reach_goes_through_staging(cloud: Cloud, tmp_path: Path) -> None:
    put("batch/in/a.jsonl", "x")
    boto3.client("s3").create_bucket(Bucket="elsewhere")
    put("in/a.jsonl", "x", bucket="elsewhere")
    s3 = cloud.client("s3")
    ours, others = locations.find(s3, IN), locations.find(s3, "s3://elsewhere/in/")
    direct = transform.route(cloud, "job", source=ours, output=Place(BUCKET, "batch/out/"))
    assert (direct.source.key, direct.is_source_staged) == ("batch/in/", False)
    assert direct.output.key == "batch/out/"
    staged = transform.route(cloud, "job", source=others, output=tmp_path)
    assert (staged.source.uri, staged.is_source_staged) == ("s3://artifacts/batch/staging/job/in/", True)
    assert staged.output.uri == "s3://artifacts/batch/staging/job/out/"
    transform.stage(s3, others.files[0], staged.source)
    assert get("batch/staging/job/in/a.jsonl") == "x\n"
    put("batch/in/a.jsonl.old", "x")
    several = transform.route(cloud, "job", source=locations.find(s3, f"{IN}a.jsonl"), output=tmp_path)
    assert several.is_source_staged, "a job would read a.jsonl.old as well"


def test_the_job_takes_many_lines_a_request_and_the_buckets_key(serving: Cloud) -> None:
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:us-east-1:123456789012:key/k"}
    boto3.client("s3").put_bucket_encryption(
        Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}
    )
    put("batch/in/a.jsonl", "x")
    result = locations.find(serving.client("s3"), IN)
    where = transform.route(serving, "job", source=result, output=Place(BUCKET, "batch/out/"))
    transform.start(
        serving, "rubric-dev-batch-1", model="model-1", where=where, content_type="text/csv",
        instance_type="ml.m5.xlarge", instance_count=2,
    )  # fmt: skip
    job = serving.client("sagemaker").describe_transform_job(TransformJobName="rubric-dev-batch-1")
    assert (job["ModelName"], job["BatchStrategy"], job["MaxPayloadInMB"]) == ("model-1", "MultiRecord", 1)
    assert job["MaxConcurrentTransforms"] * job["MaxPayloadInMB"] <= 100
    assert job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] == IN
    assert (job["TransformInput"]["SplitType"], job["TransformInput"]["ContentType"]) == ("Line", "text/csv")
    assert job["TransformOutput"] | {"Accept": ""} == {
        "S3OutputPath": "s3://artifacts/batch/out", "AssembleWith": "Line", "Accept": "",
        "KmsKeyId": rule["KMSMasterKeyID"],
    }  # fmt: skip
    assert job["TransformResources"]["InstanceCount"] == 2
    assert job["TransformResources"]["VolumeKmsKeyId"] == rule["KMSMasterKeyID"]


def test_a_new_job_belongs_to_the_environment_and_fits() -> None:
    name = transform.new_name("a" * 16 + "-" + "b" * 16)
    assert name.startswith("a" * 16 + "-" + "b" * 16 + "-batch-") and len(name) <= 63
