"""Tests the endpoint: isolated, captured, and rolled out according to its settings."""

from __future__ import annotations

import json

from tests.stacks.conftest import HUGGINGFACE, Synthesise, Synthesised
from tests.stacks.serving.templates import in_serving, policy_of_the_model, rollouts
from tests.stacks.test_nag import SERVERLESS


def test_the_model_is_the_approved_one_and_is_isolated(each: Synthesised) -> None:
    parameters = each.template("serving").to_json()["Parameters"]
    name = each.stacks.data.settings.approved_model_parameter
    assert {key: (p["Type"], p["Default"]) for key, p in parameters.items()} == {
        "ApprovedModel": ("AWS::SSM::Parameter::Value<String>", name),
        "UnguardedRollout": ("String", "none"),
    }
    model = in_serving(each, "AWS::SageMaker::Model")["Properties"]
    assert model["PrimaryContainer"]["ModelDataUrl"] == {"Ref": "ApprovedModel"}
    assert model["EnableNetworkIsolation"] is True
    assert "ModelName" not in model


def test_only_the_endpoint_has_a_name(each: Synthesised) -> None:
    endpoint = in_serving(each, "AWS::SageMaker::Endpoint")["Properties"]
    assert endpoint["EndpointName"] == each.stacks.data.settings.endpoint_name
    assert "EndpointConfigName" not in in_serving(each, "AWS::SageMaker::EndpointConfig")["Properties"]


def test_an_update_keeps_the_count_where_something_scales_and_else_sets_it(
    prod: Synthesised, local: Synthesised, dev: Synthesised, synthesise: Synthesise
) -> None:
    def retained(environment: Synthesised) -> tuple[bool, int]:
        endpoint = in_serving(environment, "AWS::SageMaker::Endpoint")["Properties"]
        assert "ExcludeRetainedVariantProperties" not in endpoint
        [variant] = in_serving(environment, "AWS::SageMaker::EndpointConfig")["Properties"]["ProductionVariants"]
        return endpoint["RetainAllVariantProperties"], variant["InitialInstanceCount"]

    assert [retained(prod), retained(local), retained(dev)] == [(True, 2), (True, 2), (False, 1)]
    assert retained(synthesise("dev", change="serving: {min_instances: 3, max_instances: 3}")) == (False, 3)


def test_a_canary_takes_its_share_and_one_instance_has_none(prod: Synthesised, dev: Synthesised) -> None:
    routes = [
        rollouts(environment)[1]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] for environment in (prod, dev)
    ]
    assert routes[0] == {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
        "WaitIntervalInSeconds": 300,
    }
    assert routes[1] == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 120}


def test_a_rollback_moves_at_once_and_no_alarm_takes_it_back(each: Synthesised) -> None:
    """SageMaker would end it for alarms that ring for the model that it replaces."""
    template = each.template("serving").to_json()
    rollout_id = template["Outputs"]["RolloutId"]["Value"]
    [(condition, meaning)] = template["Conditions"].items()
    assert meaning == {"Fn::Equals": [{"Ref": "UnguardedRollout"}, rollout_id]}
    chosen = in_serving(each, "AWS::SageMaker::Endpoint")["Properties"]["DeploymentConfig"]
    assert chosen["Fn::If"][0] == condition
    at_once, guarded = rollouts(each)
    assert at_once["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] == {
        "Type": "ALL_AT_ONCE",
        "WaitIntervalInSeconds": 0,
    }
    assert "AutoRollbackConfiguration" not in at_once
    assert len(guarded["AutoRollbackConfiguration"]["Alarms"]) == 5


def test_after_a_rollback_a_deploy_that_changes_the_rollout_is_guarded_again(
    dev: Synthesised, synthesise: Synthesise
) -> None:
    """A deploy keeps the parameter's value, so that another rollout must have another id."""

    def rollout_id(environment: Synthesised) -> str:
        return str(environment.template("serving").to_json()["Outputs"]["RolloutId"]["Value"])

    before = rollout_id(dev)
    assert rollout_id(synthesise("dev", change="monitoring: {p99_latency_ms: 999}")) == before
    for change in (
        "serving: {canary_wait_seconds: 60}",
        "serving: {instance_type: ml.c7i.xlarge}",
        "serving: {threads: 3}",
        "serving: {data_capture_percent: 3}",
    ):
        assert rollout_id(synthesise("dev", change=change)) != before, change


def test_requests_and_answers_are_captured_where_the_role_may_write(each: Synthesised) -> None:
    capture = in_serving(each, "AWS::SageMaker::EndpointConfig")["Properties"]["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert {option["CaptureMode"] for option in capture["CaptureOptions"]} == {"Input", "Output"}
    assert json.dumps(capture["DestinationS3Uri"]).endswith('"/capture"]]}')
    assert '"/capture/*"' in json.dumps(policy_of_the_model(each))


def test_the_log_group_is_there_before_the_endpoint(each: Synthesised) -> None:
    groups = each.resources("serving", "AWS::Logs::LogGroup").items()
    [(name, group)] = [(name, group) for name, group in groups if "LogGroupName" in group["Properties"]]
    endpoint = in_serving(each, "AWS::SageMaker::Endpoint")
    assert group["Properties"]["LogGroupName"] == f"/aws/sagemaker/Endpoints/{endpoint['Properties']['EndpointName']}"
    assert name in endpoint["DependsOn"]


def test_the_images(local: Synthesised, synthesise: Synthesise) -> None:
    def image(environment: Synthesised) -> str:
        return str(in_serving(environment, "AWS::SageMaker::Model")["Properties"]["PrimaryContainer"]["Image"])

    assert image(local) == "000000000000.dkr.ecr.us-east-1.amazonaws.com/rubric-lean:local"
    huggingface = synthesise("dev", change=HUGGINGFACE)
    assert image(huggingface).startswith("763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-inference:")
    elsewhere = synthesise("dev", change=f"region: eu-south-1\n{HUGGINGFACE}")
    assert image(elsewhere).startswith("692866216735.dkr.ecr.eu-south-1.amazonaws.com/")


def test_a_serverless_endpoint_has_none_of_what_it_cannot_have(synthesise: Synthesise) -> None:
    environment = synthesise("dev", change=SERVERLESS)
    config = in_serving(environment, "AWS::SageMaker::EndpointConfig")["Properties"]
    [variant] = config["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert "InstanceType" not in variant
    assert "DataCaptureConfig" not in config
    assert in_serving(environment, "AWS::SageMaker::Model")["Properties"]["EnableNetworkIsolation"] is False
    endpoint = in_serving(environment, "AWS::SageMaker::Endpoint")["Properties"]
    assert endpoint["EndpointName"] == "rubric-dev-serverless"
    assert "DeploymentConfig" not in endpoint


def test_the_key_encrypts_capture_and_volumes(prod: Synthesised) -> None:
    config = in_serving(prod, "AWS::SageMaker::EndpointConfig")["Properties"]
    assert "ExportsOutputFnGetAttKey" in json.dumps(config["KmsKeyId"])
    assert config["DataCaptureConfig"]["KmsKeyId"] == config["KmsKeyId"]


def test_the_settings_reach_the_container(codebuild: Synthesised) -> None:
    model = in_serving(codebuild, "AWS::SageMaker::Model")["Properties"]
    assert model["PrimaryContainer"]["Environment"] == {"RUBRIC_THREADS": "2"}
