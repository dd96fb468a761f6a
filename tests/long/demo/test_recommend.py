"""Tests `rubric recommend` as documented: a role made by hand, a job that loads the deployed model, its figures."""

import json

import pytest

from tests.e2e.cloud import Cloud

ROLE = "recommender"
TYPES = ("ml.c7i.large", "ml.m7i.large")


@pytest.fixture(scope="module")
def role(deployed: Cloud) -> str:
    """The ARN of a role with the policy from `rubric recommend --policy`."""
    needs = json.loads(deployed.rubric("recommend", "--policy").stdout)
    iam = deployed.client("iam")
    made = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(needs["trust_policy"]))
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=needs["managed_policy"])
    iam.put_role_policy(RoleName=ROLE, PolicyName="rubric", PolicyDocument=json.dumps(needs["inline_policy"]))
    return str(made["Role"]["Arn"])


def test_the_model_in_use_is_measured_on_each_type(deployed: Cloud, role: str) -> None:
    types = [word for name in TYPES for word in ("--instance-type", name)]
    done = deployed.rubric("recommend", "--role", role, *types, "--json")
    assert f"{deployed.status()['model_version']} on 2 instance types" in done.stderr
    assert "benchmarks=2/2" in done.stderr and "expect the same figures" in done.stderr
    result = json.loads(done.stdout)
    assert {each["instance_type"] for each in result} == set(TYPES)
    for each in result:
        assert each["max_invocations_per_minute"] > 60 and each["cpu_percent"] > 10
        assert 1 <= each["model_latency_ms"] < 2000
        assert each["cost_per_hour"] is None
    assert result[0]["max_invocations_per_minute"] >= result[1]["max_invocations_per_minute"]
    bucket = deployed.outputs("Data")["ArtifactBucketName"]
    left = deployed.client("s3").list_objects_v2(Bucket=bucket, Prefix="recommend/")
    assert left["KeyCount"] == 0, "the samples go with the job"


def test_a_role_that_sagemaker_cannot_assume_is_refused(deployed: Cloud) -> None:
    refused = deployed.rubric("recommend", "--role", "arn:aws:iam::000000000000:role/nobody", check=False)
    assert refused.returncode == 1
    assert "cannot be assumed" in refused.stderr and "Traceback" not in refused.stderr
