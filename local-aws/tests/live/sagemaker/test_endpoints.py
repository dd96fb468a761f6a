"""Endpoints: invocation, errors, weights, healing, capture, logs and metrics."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.cloud import BUCKET, ROLE, SERVE, Cloud
from local_aws_testing.server import wait_for


def test_an_endpoint_answers_and_is_deleted_whole(cloud: Cloud) -> None:
    endpoint = cloud.make_endpoint("plain", {"champion": "one"})
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["ProductionVariants"][0]["DeployedImages"][0]["SpecifiedImage"] == SERVE
    answer = cloud.ask("plain", "hello")
    assert (answer["model"], answer["echo"], answer["variant"]) == ("one", "hello", "champion")
    assert answer["content_type"] == "application/json"
    with pytest.raises(ClientError, match="in use by the endpoint"):
        cloud.sagemaker.delete_endpoint_config(EndpointConfigName="plain")
    cloud.delete_endpoint("plain")
    with pytest.raises(ProcessLookupError):
        os.kill(answer["pid"], 0)
    cloud.sagemaker.delete_endpoint_config(EndpointConfigName="plain")
    with pytest.raises(ClientError) as missing:
        cloud.ask("plain")
    assert missing.value.response["Error"]["Code"] == "ValidationError"
    assert "Endpoint plain of account 000000000000 not found." in str(missing.value)


def test_names_are_unique_and_references_are_checked(cloud: Cloud) -> None:
    cloud.make_config("unique", {"champion": "one"})
    with pytest.raises(ClientError, match='Could not find endpoint configuration "arn:aws:sagemaker'):
        cloud.sagemaker.create_endpoint(EndpointName="unique", EndpointConfigName="nothing")
    with pytest.raises(ClientError, match="Cannot create already existing model"):
        cloud.sagemaker.create_model(
            ModelName="unique-champion", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": SERVE}
        )
    variant = {"VariantName": "a", "ModelName": "nothing", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    with pytest.raises(ClientError, match='Could not find model "arn:aws:sagemaker'):
        cloud.sagemaker.create_endpoint_config(EndpointConfigName="other", ProductionVariants=[variant])


def test_a_container_error_is_a_model_error_with_the_original(cloud: Cloud) -> None:
    cloud.make_endpoint("errors", {"champion": "one"})
    with pytest.raises(ClientError) as raised:
        cloud.ask("errors", "bad")
    response = raised.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["Error"]["Code"] == "ModelError"
    assert (response["OriginalStatusCode"], response["OriginalMessage"]) == (400, '{"error": "bad input"}')
    assert response["LogStreamArn"].endswith("log-group:/aws/sagemaker/Endpoints/errors")
    with pytest.raises(ClientError, match="Member must have length less than or equal to 6291456"):
        cloud.ask("errors", "x" * (6 * 1024 * 1024 + 1))


def test_a_container_that_dies_is_started_again(cloud: Cloud) -> None:
    cloud.make_endpoint("heals", {"champion": "one"})
    first = cloud.ask("heals")["pid"]
    os.kill(first, signal.SIGKILL)

    def again() -> int | None:
        try:
            return int(cloud.ask("heals")["pid"])
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ServiceUnavailable"
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503
            return None

    assert wait_for(again, what="the container to come back") != first
    assert cloud.sagemaker.describe_endpoint(EndpointName="heals")["EndpointStatus"] == "InService"


def test_a_model_that_does_not_load_fails_the_endpoint(cloud: Cloud) -> None:
    endpoint = cloud.make_endpoint("fails", {"champion": "broken"})
    assert endpoint["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    with pytest.raises(ClientError, match="in Failed status"):
        cloud.sagemaker.update_endpoint(EndpointName="fails", EndpointConfigName="fails")
    cloud.delete_endpoint("fails")


def test_traffic_follows_the_weights(cloud: Cloud) -> None:
    cloud.make_endpoint("weights", {"a": "one", "b": "two"})
    desired = [{"VariantName": "a", "DesiredWeight": 0.0}, {"VariantName": "b", "DesiredWeight": 2.0}]
    assert cloud.ask("weights", TargetVariant="a")["model"] == "one"
    assert cloud.ask("weights", TargetVariant="b")["model"] == "two"
    cloud.sagemaker.update_endpoint_weights_and_capacities(EndpointName="weights", DesiredWeightsAndCapacities=desired)
    variants = cloud.settled("weights")["ProductionVariants"]
    assert [variant["CurrentWeight"] for variant in variants] == [0.0, 2.0]
    assert {cloud.ask("weights")["variant"] for _ in range(10)} == {"b"}
    with pytest.raises(ClientError, match="The variant c was not found"):
        cloud.ask("weights", TargetVariant="c")


def test_requests_are_answered_at_the_same_time(cloud: Cloud) -> None:
    cloud.make_endpoint("parallel", {"champion": "one"})
    assert cloud.runtime  # made once, before the threads share it
    with ThreadPoolExecutor(8) as pool:
        # Each is answered only once all eight are being answered.
        answers = list(pool.map(lambda number: cloud.ask("parallel", "together")["echo"], range(8)))
    assert answers == ["together"] * 8


def test_a_configuration_without_capture_ends_it_whatever_is_retained(cloud: Cloud) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    endpoint = cloud.make_endpoint("private", {"champion": "one"}, DataCaptureConfig=capture)
    assert endpoint["DataCaptureConfig"]["CaptureStatus"] == "Started"
    cloud.make_config("private-2", {"champion": "one"})
    cloud.sagemaker.update_endpoint(
        EndpointName="private", EndpointConfigName="private-2", RetainAllVariantProperties=True
    )
    assert "DataCaptureConfig" not in cloud.settled("private")
    cloud.ask("private", '{"inputs": "a"}')
    cloud.delete_endpoint("private")
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix="capture/private/")


def test_requests_and_answers_are_captured(cloud: Cloud) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    }
    endpoint = cloud.make_endpoint("captured", {"champion": "one"}, DataCaptureConfig=capture)
    assert endpoint["DataCaptureConfig"]["CaptureStatus"] == "Started"
    cloud.ask("captured", '{"inputs": "a"}', InferenceId="my-id")
    cloud.delete_endpoint("captured")
    (item,) = cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix="capture/captured/")["Contents"]
    assert item["Key"].startswith(time.strftime("capture/captured/champion/%Y/%m/", time.gmtime()))
    line = json.loads(cloud.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read())
    assert line["captureData"]["endpointInput"] == {
        "observedContentType": "application/json",
        "mode": "INPUT",
        "data": '{"inputs": "a"}',
        "encoding": "JSON",
    }
    assert json.loads(line["captureData"]["endpointOutput"]["data"])["model"] == "one"
    assert line["eventMetadata"]["inferenceId"] == "my-id"


def test_it_logs_and_measures(cloud: Cloud) -> None:
    cloud.make_endpoint("measured", {"champion": "one"})
    for body in ("a", "b", "bad"):
        try:
            cloud.ask("measured", body)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ModelError"
    group = "/aws/sagemaker/Endpoints/measured"
    (stream,) = cloud.logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["logStreamName"].startswith("champion/i-")
    lines = cloud.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    assert [line["message"] for line in lines] == ["served a", "served b"]

    def measured(namespace: str, name: str, statistic: str) -> float | None:
        dimensions = [{"Name": "EndpointName", "Value": "measured"}, {"Name": "VariantName", "Value": "champion"}]
        result = cloud.server.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=dimensions,
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=[statistic],
        )["Datapoints"]
        return sum(point[statistic] for point in result) if result else None

    wait_for(lambda: measured("AWS/SageMaker", "Invocations", "Sum") == 3, what="the invocations to be counted")
    assert measured("AWS/SageMaker", "Invocation4XXErrors", "Sum") == 1
    assert measured("AWS/SageMaker", "Invocation5XXErrors", "Sum") == 0
    assert (measured("AWS/SageMaker", "ModelLatency", "Maximum") or 0) > 0
    wait_for(lambda: measured("/aws/sagemaker/Endpoints", "CPUUtilization", "SampleCount"), what="the processor's use")
    assert (measured("/aws/sagemaker/Endpoints", "MemoryUtilization", "Maximum") or 0) > 0
