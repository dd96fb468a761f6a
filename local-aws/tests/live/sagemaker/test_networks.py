"""Jobs, models and endpoints in a VPC: what SageMaker refuses, and interfaces that outlive them."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.containers.processes import contained
from local_aws_testing.cloud import BUCKET, ROLE, SERVE, Cloud, tar
from local_aws_testing.networks import Network, refused
from local_aws_testing.server import make_role, wait_for


@pytest.fixture
def network(cloud: Cloud) -> Iterator[Network]:
    made = Network(cloud.server, "10.40.0.0/16")
    yield made
    wait_for(lambda: not made.interfaces(), what="the interfaces to go")
    made.remove()


def vpc_config(network: Network, **members: Any) -> dict[str, Any]:
    return {"Subnets": network.subnets, "SecurityGroupIds": [network.group]} | members


def model(name: str, config: dict[str, Any], **members: Any) -> dict[str, Any]:
    container = {"Image": SERVE, "ModelDataUrl": f"s3://{BUCKET}/one.tar.gz"}
    return {
        "ModelName": name,
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": container,
        "VpcConfig": config,
    } | members


def test_a_vpc_config_names_one_vpc_and_at_most_what_the_model_allows(cloud: Cloud, network: Network) -> None:
    other = Network(cloud.server, "10.41.0.0/16")
    both = [network.subnets[0], other.subnets[1]]
    for wrong, word in (
        (vpc_config(network, Subnets=both), "not in the same VPC"),
        (vpc_config(network, SecurityGroupIds=[other.group]), "not in the VPC of the subnets"),
        (vpc_config(network, Subnets=["subnet-0"]), "does not exist"),
        (vpc_config(network, Subnets=[f"subnet-{n}" for n in range(17)]), "less than or equal to 16"),
        (vpc_config(network, SecurityGroupIds=[f"sg-{n}" for n in range(6)]), "less than or equal to 5"),
    ):
        for call, members in (
            (cloud.sagemaker.create_model, model("refused", wrong)),
            (cloud.sagemaker.create_training_job, cloud.job_request("refused") | {"VpcConfig": wrong}),
        ):
            code, message = refused(call, **members)
            assert (code, word in message) == ("ValidationException", True), message
    other.remove()


@pytest.mark.parametrize("missing", ["ec2:CreateNetworkInterface", "ec2:DescribeDhcpOptions"])
def test_the_role_may_make_interfaces(cloud: Cloud, network: Network, missing: str) -> None:
    allowed = [
        {"Effect": "Allow", "NotAction": missing, "Resource": "*"},
    ]
    poor = make_role(cloud.server, "no-interfaces", "sagemaker.amazonaws.com", statements=allowed)
    wanted = cloud.job_request("poor") | {"VpcConfig": vpc_config(network), "RoleArn": poor}
    code, message = refused(cloud.sagemaker.create_training_job, **wanted)
    assert code == "ValidationException"
    assert missing in message


def test_a_serverless_variant_has_no_vpc_and_no_isolation(cloud: Cloud, network: Network) -> None:
    for name, members in (("in-vpc", {}), ("isolated", {"EnableNetworkIsolation": True})):
        request = model(name, vpc_config(network), **members)
        if members:
            del request["VpcConfig"]
        cloud.sagemaker.create_model(**request)
        variant = {
            "VariantName": "all",
            "ModelName": name,
            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1},
        }
        code, message = refused(
            cloud.sagemaker.create_endpoint_config, EndpointConfigName=name, ProductionVariants=[variant]
        )
        assert (code, "not supported for serverless endpoints" in message) == ("ValidationException", True)
        cloud.sagemaker.delete_model(ModelName=name)


def test_a_job_has_an_interface_for_each_instance_while_it_runs(cloud: Cloud, network: Network) -> None:
    wanted = cloud.job_request("in-a-vpc") | {"VpcConfig": vpc_config(network)}
    wanted["ResourceConfig"] = wanted["ResourceConfig"] | {"InstanceCount": 2}
    cloud.sagemaker.create_training_job(**wanted)
    assert {each["SubnetId"] for each in network.interfaces()} == set(network.subnets)
    assert cloud.ended_job("in-a-vpc")["VpcConfig"]["Subnets"] == network.subnets
    wait_for(lambda: not network.interfaces(), what="the interfaces to go")


def test_an_endpoint_s_interface_outlives_it_and_keeps_the_group(cloud: Cloud, network: Network) -> None:
    cloud.sagemaker.create_model(**model("in-vpc", vpc_config(network)))
    cloud.sagemaker.create_endpoint_config(
        EndpointConfigName="in-vpc",
        ProductionVariants=[
            {
                "VariantName": "all",
                "ModelName": "in-vpc",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 2,
            }
        ],
    )
    cloud.sagemaker.create_endpoint(EndpointName="in-vpc", EndpointConfigName="in-vpc")
    cloud.settled("in-vpc")
    assert len(network.interfaces()) == 2
    cloud.delete_endpoint("in-vpc")
    assert refused(network.ec2.delete_security_group, GroupId=network.group)[0] == "DependencyViolation"
    cloud.sagemaker.delete_endpoint_config(EndpointConfigName="in-vpc")
    cloud.sagemaker.delete_model(ModelName="in-vpc")


_CONNECTS = """
import os, socket, sys, urllib.parse
there = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"]).port
for name, port in (("aws", there), ("elsewhere", int(sys.argv[sys.argv.index("--port") + 1]))):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        print(name, "reached", flush=True)
    except OSError as error:
        print(name, type(error).__name__, flush=True)
"""


@pytest.mark.skipif(not contained.landlock_is_there(), reason="this kernel cannot take a process's connections away")
@pytest.mark.parametrize("with_endpoint", [True, False])
def test_a_job_in_a_vpc_reaches_aws_by_an_endpoint_and_nothing_else(
    cloud: Cloud, network: Network, with_endpoint: bool
) -> None:
    if with_endpoint:
        network.endpoint("s3")
    name = f"way-out-{with_endpoint}".lower()
    cloud.s3.put_object(Bucket=BUCKET, Key="connects.tar.gz", Body=tar({"train.py": _CONNECTS.encode()}))
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        wanted = cloud.job_request(name, port=str(elsewhere.getsockname()[1]))
        wanted["HyperParameters"]["sagemaker_submit_directory"] = f"s3://{BUCKET}/connects.tar.gz"
        cloud.sagemaker.create_training_job(**wanted | {"VpcConfig": vpc_config(network)})
        assert cloud.ended_job(name)["TrainingJobStatus"] == "Completed"
    [stream] = cloud.logs.describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{name}/"
    )["logStreams"]
    events = cloud.logs.get_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"]
    )["events"]
    said = [event["message"] for event in events]
    assert "elsewhere PermissionError" in said
    assert ("aws reached" if with_endpoint else "aws PermissionError") in said
    if with_endpoint:
        network.ec2.delete_vpc_endpoints(
            VpcEndpointIds=[each["VpcEndpointId"] for each in network.ec2.describe_vpc_endpoints()["VpcEndpoints"]]
        )
