"""A second training run promotes its model through CloudFormation, and nothing disagrees afterwards."""

import json

import httpx

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.processes import model_servers
from tests.e2e.test_20_api import HEADLINE
from tests.e2e.test_30_idempotence import assert_no_differences


def described(api: httpx.Client) -> str:
    return str(api.get("v1/model").json()["model_version"])


def test_training_again_serves_the_new_model_and_leaves_no_difference(deployed: Cloud) -> None:
    before = deployed.status()
    deployed.rubric("train", "--follow")
    after = deployed.status()
    assert after["model_version"] != before["model_version"]
    assert after["api_url"] == before["api_url"]
    with deployed.api() as api:
        assert api.post("v1/classify", json={"inputs": HEADLINE}).json()["model_version"] == after["model_version"]
        wait_for("the new model's description", lambda: described(api) == after["model_version"], timeout=30)
    assert deployed.stack_status("Serving") == "UPDATE_COMPLETE"
    assert_no_differences(deployed)


def test_the_new_model_was_compared_with_the_approved_one(deployed: Cloud) -> None:
    bucket, version = deployed.outputs("Data")["ArtifactBucketName"], deployed.status()["model_version"]
    stored = deployed.client("s3").get_object(Bucket=bucket, Key=f"models/{version}/evaluation.json")
    champion = json.loads(stored["Body"].read())["champion"]
    assert champion["comparable"] is True
    assert champion["model_version"] != version


def test_only_the_new_models_process_is_left(deployed: Cloud) -> None:
    assert len(model_servers(deployed.folder)) == 1


def test_both_models_are_in_the_registry(deployed: Cloud) -> None:
    group = deployed.outputs("Training")["ModelPackageGroupName"]
    packages = deployed.client("sagemaker").list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert {package["ModelPackageVersion"] for package in packages} == {1, 2}
