"""Functions in a VPC: what Lambda refuses, and interfaces that outlive their function."""

from collections.abc import Iterator
from typing import Any

import pytest

from local_aws_testing.networks import Network, refused
from local_aws_testing.server import Server, code_zip, make_role, wait_for
from local_aws_testing.stacks import create, ended

NEEDED = (
    *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
    "ec2:DeleteNetworkInterface",
)
SOURCE = "def handler(event, context):\n    return 'here'\n"


@pytest.fixture
def network(server: Server) -> Iterator[Network]:
    made = Network(server, "10.20.0.0/16")
    yield made
    wait_for(lambda: not made.interfaces(), what="the interfaces to go")
    made.remove()


@pytest.fixture(scope="module")
def role(server: Server) -> str:
    statement = {"Effect": "Allow", "Action": list(NEEDED), "Resource": "*"}
    return make_role(server, "in-a-vpc", "lambda.amazonaws.com", statements=[statement])


def vpc_config(network: Network, **members: Any) -> dict[str, Any]:
    return {"SubnetIds": network.subnets, "SecurityGroupIds": [network.group]} | members


def function(name: str, role: str, config: dict[str, Any]) -> dict[str, Any]:
    return {
        "FunctionName": name,
        "Runtime": "python3.13",
        "Role": role,
        "Handler": "index.handler",
        "Code": {"ZipFile": code_zip(SOURCE)},
        "Architectures": ["arm64"],
        "VpcConfig": config,
    }


def test_subnets_and_groups_are_of_one_vpc_and_exist(server: Server, network: Network, role: str) -> None:
    other = Network(server, "10.21.0.0/16")
    call = server.client("lambda").create_function

    def why(**members: Any) -> str:
        code, message = refused(call, **function("refused", role, vpc_config(network, **members)))
        assert code == "InvalidParameterValueException"
        return message

    assert why(SubnetIds=[network.subnets[0], other.subnets[1]]) == "Subnets are required to be in the same VPC."
    assert why(SecurityGroupIds=[other.group]) == "Security Groups are required to be in the same VPC."
    assert "InvalidSubnetID.NotFound" in why(SubnetIds=["subnet-0"])
    assert "InvalidGroup.NotFound" in why(SecurityGroupIds=["sg-0"])
    assert "must coexist" in why(SecurityGroupIds=[])
    assert "less than or equal to 16" in why(SubnetIds=[f"subnet-{n}" for n in range(17)])
    assert "less than or equal to 5" in why(SecurityGroupIds=[f"sg-{n}" for n in range(6)])
    other.remove()


@pytest.mark.parametrize("missing", NEEDED)
def test_the_role_may_make_and_remove_interfaces(server: Server, network: Network, missing: str) -> None:
    statement = {"Effect": "Allow", "Action": [each for each in NEEDED if each != missing], "Resource": "*"}
    poor = make_role(server, "poor", "lambda.amazonaws.com", statements=[statement])
    _, message = refused(server.client("lambda").create_function, **function("poor", poor, vpc_config(network)))
    action = missing.removeprefix("ec2:")
    assert message == f"The provided execution role does not have permissions to call {action} on EC2"


def test_functions_share_interfaces_which_go_after_the_last_of_them(
    server: Server, network: Network, role: str
) -> None:
    functions = server.client("lambda")
    for name in ("first", "second"):
        functions.create_function(**function(name, role, vpc_config(network)))
    made = network.interfaces()
    assert {each["SubnetId"] for each in made} == set(network.subnets)
    assert len(made) == 2
    assert all(each["Description"].startswith("AWS Lambda VPC ENI-first-") for each in made)
    assert functions.get_function_configuration(FunctionName="first")["VpcConfig"]["VpcId"] == network.vpc
    functions.delete_function(FunctionName="first")
    functions.delete_function(FunctionName="second")
    assert len(network.interfaces()) == 2
    assert refused(network.ec2.delete_subnet, SubnetId=network.subnets[0])[0] == "DependencyViolation"
    wait_for(lambda: not network.interfaces(), what="the interfaces to go")


def test_a_function_that_leaves_the_vpc_leaves_its_interfaces(server: Server, network: Network, role: str) -> None:
    functions = server.client("lambda")
    functions.create_function(**function("leaver", role, vpc_config(network)))
    functions.update_function_configuration(FunctionName="leaver", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    wait_for(lambda: not network.interfaces(), what="the interfaces to go")
    functions.delete_function(FunctionName="leaver")


def _stack(network: dict[str, Any], role: str) -> dict[str, Any]:
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.30.0.0/16", "EnableDnsHostnames": True}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.30.1.0/24", "AvailabilityZone": "us-east-1a"},
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "GroupDescription": "Functions."},
        },
        "Https": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "SourceSecurityGroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
            },
        },
        "Endpoint": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcId": {"Ref": "Vpc"},
                "ServiceName": "com.amazonaws.us-east-1.sqs",
                "VpcEndpointType": "Interface",
                "SubnetIds": [{"Ref": "Subnet"}],
                "SecurityGroupIds": [{"Ref": "Group"}],
                "PrivateDnsEnabled": True,
            },
        },
        "Flows": {
            "Type": "AWS::EC2::FlowLog",
            "Properties": {
                "ResourceId": {"Ref": "Vpc"},
                "ResourceType": "VPC",
                "TrafficType": "ALL",
                "LogGroupName": "flows",
                "DeliverLogsPermissionArn": role,
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Role": role,
                "Handler": "index.handler",
                "Code": {"ZipFile": SOURCE},
                "VpcConfig": {"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [{"Ref": "Group"}]},
            },
        },
        **network,
    }


def test_a_stack_waits_for_its_functions_interfaces_and_says_so(server: Server, role: str) -> None:
    create(server, "private", _stack({}, role))
    stack = ended(server, "private")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    cloudformation, ec2 = server.client("cloudformation"), server.client("ec2")
    found = cloudformation.describe_stack_resources(StackName="private")["StackResources"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
    made = ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [ids["Vpc"]]}])["NetworkInterfaces"]
    assert sorted(each["InterfaceType"] for each in made) == ["lambda", "vpc_endpoint"]
    [flows] = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [ids["Vpc"]]}])["FlowLogs"]
    assert flows["FlowLogId"] == ids["Flows"]
    cloudformation.delete_stack(StackName=stack["StackId"])
    assert ended(server, stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in cloudformation.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
        if event["LogicalResourceId"] == "Function"
    ]
    assert any("waiting for NetworkInterfaces associated with the Lambda Function" in reason for reason in reasons)
    assert refused(ec2.describe_vpcs, VpcIds=[ids["Vpc"]])[0] == "InvalidVpcID.NotFound"


def test_a_stack_fails_with_ec2_s_reason(server: Server, role: str) -> None:
    overlap = {
        "Twin": {
            "Type": "AWS::EC2::Subnet",
            "DependsOn": "Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.30.1.128/25"},
        }
    }
    create(server, "overlapping", _stack(overlap, role))
    stack = ended(server, "overlapping")
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = server.client("cloudformation").describe_stack_events(StackName="overlapping")["StackEvents"]
    assert any("InvalidSubnet.Conflict" in event.get("ResourceStatusReason", "") for event in events)


def test_an_interface_of_somebody_else_keeps_the_stack(server: Server, role: str) -> None:
    """As SageMaker's do on AWS, for which CloudFormation does not wait; the deletion can be tried again."""
    create(server, "kept", _stack({}, role))
    stack = ended(server, "kept")
    ec2, cloudformation = server.client("ec2"), server.client("cloudformation")
    found = cloudformation.describe_stack_resources(StackName="kept")["StackResources"]
    [subnet] = [each["PhysicalResourceId"] for each in found if each["LogicalResourceId"] == "Subnet"]
    foreign = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    cloudformation.delete_stack(StackName="kept")
    failed = ended(server, "kept")
    assert failed["StackStatus"] == "DELETE_FAILED"
    ec2.delete_network_interface(NetworkInterfaceId=foreign)
    cloudformation.delete_stack(StackName="kept")
    assert ended(server, stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
