"""The endpoint: isolated, captured, rolled out behind alarms, scaled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.stacks.conftest import HUGGINGFACE, Synthesise, Synthesised
from tests.stacks.test_nag import SERVERLESS


def only(synthesised: Synthesised, kind: str) -> dict[str, Any]:
    [resource] = synthesised.resources("serving", kind).values()
    return resource


def policy_of_the_model(synthesised: Synthesised) -> dict[str, Any]:
    policies = synthesised.resources("training", "AWS::IAM::Policy").items()
    [policy] = [policy for name, policy in policies if name.startswith("ServingBaseModelRole")]
    return policy


def test_the_model_is_the_approved_one_and_is_isolated(each: Synthesised) -> None:
    parameters = each.template("serving").to_json()["Parameters"]
    name = each.stacks.data.settings.approved_model_parameter
    assert {key: (p["Type"], p["Default"]) for key, p in parameters.items()} == {
        "ApprovedModel": ("AWS::SSM::Parameter::Value<String>", name)
    }
    model = only(each, "AWS::SageMaker::Model")["Properties"]
    assert model["PrimaryContainer"]["ModelDataUrl"] == {"Ref": "ApprovedModel"}
    assert model["EnableNetworkIsolation"] is True
    assert "ModelName" not in model


def test_only_the_endpoint_has_a_name(each: Synthesised) -> None:
    endpoint = only(each, "AWS::SageMaker::Endpoint")["Properties"]
    assert endpoint["EndpointName"] == each.stacks.data.settings.endpoint_name
    assert "EndpointConfigName" not in only(each, "AWS::SageMaker::EndpointConfig")["Properties"]


def test_an_update_keeps_the_count_where_something_scales_and_else_sets_it(
    prod: Synthesised, local: Synthesised, dev: Synthesised, synthesise: Synthesise
) -> None:
    def retained(environment: Synthesised) -> tuple[bool, int]:
        endpoint = only(environment, "AWS::SageMaker::Endpoint")["Properties"]
        assert "ExcludeRetainedVariantProperties" not in endpoint
        [variant] = only(environment, "AWS::SageMaker::EndpointConfig")["Properties"]["ProductionVariants"]
        return endpoint["RetainAllVariantProperties"], variant["InitialInstanceCount"]

    assert [retained(prod), retained(local), retained(dev)] == [(True, 2), (True, 2), (False, 1)]
    assert retained(synthesise("dev", change="serving: {min_instances: 3, max_instances: 3}")) == (False, 3)


def test_a_rollout_watches_alarms_on_the_endpoint_by_its_name(each: Synthesised) -> None:
    endpoint = only(each, "AWS::SageMaker::Endpoint")["Properties"]
    alarms = each.resources("training", "AWS::CloudWatch::Alarm")
    watched = endpoint["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert {alarm["AlarmName"] for alarm in watched} == {a["Properties"]["AlarmName"] for a in alarms.values()}
    assert {alarm["Properties"]["MetricName"] for alarm in alarms.values()} == {
        "Invocation5XXErrors",
        "InvocationModelErrors",
        "ModelLatency",
        "BadModelAnswers",
    }
    [classify] = [
        function["Properties"]["Environment"]["Variables"]
        for function in each.resources("api", "AWS::Lambda::Function").values()
        if function["Properties"]["Handler"] == "lambda_src.classify.handler.handler"
    ]
    for alarm in alarms.values():
        dimensions = {d["Name"]: d["Value"] for d in alarm["Properties"]["Dimensions"]}
        if alarm["Properties"]["MetricName"] == "BadModelAnswers":  # what the API's function prints
            own = {"service": classify["POWERTOOLS_SERVICE_NAME"], "environment": classify["ENVIRONMENT"]}
            assert (alarm["Properties"]["Namespace"], dimensions) == (classify["POWERTOOLS_METRICS_NAMESPACE"], own)
        else:
            assert dimensions == {"EndpointName": endpoint["EndpointName"], "VariantName": "champion"}
        assert alarm["Properties"]["TreatMissingData"] == "notBreaching"


def test_a_canary_takes_its_share_and_one_instance_has_none(prod: Synthesised, dev: Synthesised) -> None:
    routes = [
        only(environment, "AWS::SageMaker::Endpoint")["Properties"]["DeploymentConfig"]["BlueGreenUpdatePolicy"][
            "TrafficRoutingConfiguration"
        ]
        for environment in (prod, dev)
    ]
    assert routes[0] == {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
        "WaitIntervalInSeconds": 300,
    }
    assert routes[1] == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 120}


def test_requests_and_answers_are_captured_where_the_role_may_write(each: Synthesised) -> None:
    capture = only(each, "AWS::SageMaker::EndpointConfig")["Properties"]["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert {option["CaptureMode"] for option in capture["CaptureOptions"]} == {"Input", "Output"}
    assert json.dumps(capture["DestinationS3Uri"]).endswith('"/capture"]]}')
    assert '"/capture/*"' in json.dumps(policy_of_the_model(each))


def writable(environment: Synthesised) -> list[str]:
    """The ends of the ARNs that the model's role may write to."""
    statements = policy_of_the_model(environment)["Properties"]["PolicyDocument"]["Statement"]
    found = [s["Resource"] for s in statements if "s3:PutObject" in s["Action"]]
    each = [resource for listed in found for resource in (listed if isinstance(listed, list) else [listed])]
    return [resource["Fn::Join"][1][-1] for resource in each]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_without_capture_the_role_may_write_answers_of_batches_alone(synthesise: Synthesise, name: str) -> None:
    """In prod an update retains what variants have, perhaps the old capture: it is written by nobody."""
    environment = synthesise(name, change="serving: {data_capture_percent: 0}")
    assert "DataCaptureConfig" not in only(environment, "AWS::SageMaker::EndpointConfig")["Properties"]
    assert writable(environment) == ["/batch/*"]


def test_a_batch_reads_writes_and_logs_under_the_models_role(each: Synthesised) -> None:
    statements = policy_of_the_model(each)["Properties"]["PolicyDocument"]["Statement"]
    readable = [json.dumps(s["Resource"]) for s in statements if s["Action"] == "s3:GetObject"]
    assert any('"/batch/*"' in resource for resource in readable)
    assert "/batch/*" in writable(each)
    logs = [json.dumps(s["Resource"]) for s in statements if "logs:PutLogEvents" in s["Action"]]
    assert any("log-group:/aws/sagemaker/TransformJobs:*" in resource for resource in logs)


def test_scaling_is_made_after_the_endpoint_and_so_goes_before_it(prod: Synthesised, dev: Synthesised) -> None:
    target = only(prod, "AWS::ApplicationAutoScaling::ScalableTarget")
    [endpoint] = prod.resources("serving", "AWS::SageMaker::Endpoint")
    assert endpoint in target["DependsOn"]
    properties = target["Properties"]
    assert properties["ResourceId"] == "endpoint/rubric-prod/variant/champion"
    assert (properties["MinCapacity"], properties["MaxCapacity"]) == (2, 6)
    policy = only(prod, "AWS::ApplicationAutoScaling::ScalingPolicy")["Properties"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 6000
    assert dev.resources("serving", "AWS::ApplicationAutoScaling::ScalableTarget") == {}


def test_the_log_group_is_there_before_the_endpoint(each: Synthesised) -> None:
    groups = each.resources("serving", "AWS::Logs::LogGroup").items()
    [(name, group)] = [(name, group) for name, group in groups if "LogGroupName" in group["Properties"]]
    endpoint = only(each, "AWS::SageMaker::Endpoint")
    assert group["Properties"]["LogGroupName"] == f"/aws/sagemaker/Endpoints/{endpoint['Properties']['EndpointName']}"
    assert name in endpoint["DependsOn"]


def test_the_images(local: Synthesised, synthesise: Synthesise) -> None:
    def image(environment: Synthesised) -> str:
        return str(only(environment, "AWS::SageMaker::Model")["Properties"]["PrimaryContainer"]["Image"])

    assert image(local) == "000000000000.dkr.ecr.us-east-1.amazonaws.com/rubric-lean:local"
    huggingface = synthesise("dev", change=HUGGINGFACE)
    assert image(huggingface).startswith("763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-inference:")
    elsewhere = synthesise("dev", change=f"region: eu-south-1\n{HUGGINGFACE}")
    assert image(elsewhere).startswith("692866216735.dkr.ecr.eu-south-1.amazonaws.com/")


def test_a_serverless_endpoint_has_none_of_what_it_cannot_have(synthesise: Synthesise) -> None:
    environment = synthesise("dev", change=SERVERLESS)
    config = only(environment, "AWS::SageMaker::EndpointConfig")["Properties"]
    [variant] = config["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert "InstanceType" not in variant
    assert "DataCaptureConfig" not in config
    assert only(environment, "AWS::SageMaker::Model")["Properties"]["EnableNetworkIsolation"] is False
    endpoint = only(environment, "AWS::SageMaker::Endpoint")["Properties"]
    assert endpoint["EndpointName"] == "rubric-dev-serverless"
    assert "DeploymentConfig" not in endpoint


def test_the_key_encrypts_capture_and_volumes(prod: Synthesised) -> None:
    config = only(prod, "AWS::SageMaker::EndpointConfig")["Properties"]
    assert "ExportsOutputFnGetAttKey" in json.dumps(config["KmsKeyId"])
    assert config["DataCaptureConfig"]["KmsKeyId"] == config["KmsKeyId"]


def test_an_update_whose_rollout_is_taken_back_fails(each: Synthesised) -> None:
    """The check comes after the endpoint, and is asked whenever the configuration is another."""
    [(name, check)] = each.resources("serving", "Custom::RolloutCheck").items()
    assert not name.startswith("RolloutCheck"), "so it was called with a function in this stack: no token can change"
    [(endpoint, resource)] = each.resources("serving", "AWS::SageMaker::Endpoint").items()
    assert endpoint in check["DependsOn"]
    wanted = resource["Properties"]["EndpointConfigName"]
    assert check["Properties"]["EndpointConfigName"] == wanted
    assert check["Properties"]["EndpointName"] == resource["Properties"]["EndpointName"]
    outputs = each.template("serving").to_json()["Outputs"]
    assert outputs["EndpointConfigName"]["Value"] == wanted
    # What happened can only be told once the endpoint has had the longest time that it may take.
    policy = resource["Properties"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    longest = each.stacks.data.settings.serving.longest_rollout_seconds
    assert policy["MaximumExecutionTimeoutInSeconds"] == longest
    assert 600 <= longest <= 28_800
