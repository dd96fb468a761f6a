"""A second training run promotes its model through CloudFormation, and everything agrees afterwards."""

import json

import httpx

from contracts.deployment import buckets
from contracts.models import baseline
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


def test_the_reference_for_drift_is_kept_beside_the_model(deployed: Cloud) -> None:
    bucket, version = deployed.outputs("Data")["ArtifactBucketName"], deployed.status()["model_version"]
    stored = deployed.client("s3").get_object(Bucket=bucket, Key=buckets.baseline(version))
    reference = baseline.read(json.loads(stored["Body"].read()))
    assert reference["model_version"] == version and reference["texts"] > 100
    shown = json.loads(deployed.rubric("models", "show", version, "--json").stdout)["drift_reference"]
    assert shown == {"uri": f"s3://{bucket}/{buckets.baseline(version)}", "problem": None}


def test_only_the_new_models_process_is_left(deployed: Cloud) -> None:
    assert len(model_servers(deployed.folder)) == 1


def test_both_models_are_in_the_registry(deployed: Cloud) -> None:
    group = deployed.outputs("Training")["ModelPackageGroupName"]
    packages = deployed.client("sagemaker").list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert {package["ModelPackageVersion"] for package in packages} == {1, 2}


def both_models(cloud: Cloud) -> tuple[str, str]:
    """The approved and the served model in `rubric status`."""
    status = json.loads(cloud.rubric("status", "--json").stdout)
    return status["model_version"], status["serving_version"]


def test_a_promotion_that_is_aborted_is_settled_on_what_serves(deployed: Cloud) -> None:
    states, cloudformation = deployed.client("stepfunctions"), deployed.client("cloudformation")
    serving, _ = both_models(deployed)
    models = json.loads(deployed.rubric("models", "list", "--json").stdout)
    [older] = [model["version"] for model in models if not model["in_use"]]
    training = deployed.outputs("Training")
    parameter = deployed.client("ssm").get_parameter(Name=training["ApprovedModelParameterName"])["Parameter"]
    execution = states.start_execution(
        stateMachineArn=training["PromotionArn"],
        input=json.dumps({"artifact_uri": parameter["Value"].replace(serving, older)}),
    )["executionArn"]
    wait_for("its update", lambda: deployed.stack_status("Serving") == "UPDATE_IN_PROGRESS", timeout=60)
    states.stop_execution(executionArn=execution)
    cloudformation.cancel_update_stack(StackName=deployed.stack("Serving"))
    wait_for("its way back", lambda: deployed.stack_status("Serving") == "UPDATE_ROLLBACK_COMPLETE", timeout=120)
    assert both_models(deployed) == (older, serving)
    # Two minutes until its function is surely over, and the reconciler's next look.
    wait_for("the reconciler", lambda: both_models(deployed) == (serving, serving), timeout=300)
    with deployed.api() as api:
        assert api.post("v1/classify", json={"inputs": HEADLINE}).json()["model_version"] == serving
        wait_for("its description", lambda: described(api) == serving, timeout=30)
    assert_no_differences(deployed)
