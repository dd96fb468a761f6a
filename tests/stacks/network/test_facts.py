"""environments/aws/vpc_endpoints.yaml has services that exist, each with AWS's document."""

from __future__ import annotations

import pytest
from aws_cdk import aws_ec2 as ec2

from environments.aws.vpc_endpoints import Endpoint, UnknownEndpointError, endpoint_for, facts

LAMBDA, SAGEMAKER = "lambda.amazonaws.com", "sagemaker.amazonaws.com"


def test_every_service_is_one_that_the_cdk_knows() -> None:
    interfaces = {
        getattr(ec2.InterfaceVpcEndpointAwsService, name).short_name
        for name in dir(ec2.InterfaceVpcEndpointAwsService)
        if name.isupper()
    }
    entries = [*facts()["endpoints"].values(), *facts()["actions"].values()]
    assert {entry["interface"] for entry in entries if "interface" in entry} <= interfaces
    assert {entry["gateway"] for entry in entries if "gateway" in entry} == {"s3", "dynamodb"}


def test_every_entry_names_a_document_of_aws() -> None:
    entries = [*facts()["endpoints"].values(), *facts()["actions"].values()]
    entries += [each for known in facts()["by_the_service"].values() for each in known]
    for entry in entries:
        assert entry["document"].startswith("https://docs.aws.amazon.com/"), entry


@pytest.mark.parametrize(
    ("action", "service", "name"),
    [
        ("s3:GetObject", LAMBDA, "s3"),
        ("s3:GetObject", SAGEMAKER, "s3"),
        ("sagemaker:InvokeEndpoint", LAMBDA, "sagemaker.runtime"),
        ("sagemaker:DescribeEndpoint", LAMBDA, "sagemaker.api"),
        ("logs:GetLogEvents", LAMBDA, "logs"),
        ("logs:PutLogEvents", LAMBDA, None),
        ("ec2:CreateNetworkInterface", LAMBDA, None),
        ("kms:Decrypt", LAMBDA, None),
        ("ecr:BatchGetImage", SAGEMAKER, None),
        ("logs:PutLogEvents", SAGEMAKER, None),
    ],
)
def test_which_endpoint_a_call_takes(action: str, service: str, name: str | None) -> None:
    found = endpoint_for(action, service=service)
    assert found == (None if name is None else Endpoint(name=name, gateway=name in ("s3", "dynamodb")))


def test_an_action_of_an_unknown_service_stops_the_synthesis() -> None:
    with pytest.raises(UnknownEndpointError, match="no VPC endpoint for polly:SynthesizeSpeech"):
        endpoint_for("polly:SynthesizeSpeech", service=LAMBDA)
