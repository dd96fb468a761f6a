"""The private network's stack is made as it is synthesised, and deleted once no service has an interface in it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from environments.aws.vpc_endpoints import Endpoint
from environments.settings import load
from local_aws_testing.server import Server, start, wait_for
from local_aws_testing.stacks import ended
from stacks.deployment import Deployment
from stacks.network.called import Call
from stacks.network.stack import NetworkStack
from tests.clone import ROOT

STACK = "Rubric-local-Network"
ASSETS = "cdk-hnb659fds-assets-000000000000-us-east-1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start(tmp_path_factory.mktemp("network"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network's stack for `local`, with the endpoint of one service beside S3's."""
    out, folder = tmp_path_factory.mktemp("cdk.out"), tmp_path_factory.mktemp("repository")
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(context=context, analytics_reporting=False, outdir=str(out), builtin_cloud_formation_validation=False)
    shutil.copytree(ROOT / "environments", folder / "environments", ignore=shutil.ignore_patterns("*.override.yaml"))
    (folder / "environments/local.override.yaml").write_text("network:\n  mode: private\n")
    settings = load("local", root=folder)
    stack = NetworkStack(app, deployment=Deployment(settings=settings, root=ROOT, build_dir=ROOT / "build"))
    stack.reach({Endpoint(name="sqs", gateway=False): [Call(action="sqs:SendMessage", resource="*")]})
    app.synth()
    return out


@pytest.fixture(scope="module")
def deployed(server: Server, assembly: Path) -> dict[str, str]:
    """The deployed stack's physical ids by logical id, and its own id under its name."""
    s3, cloudformation = server.client("s3"), server.client("cloudformation")
    s3.create_bucket(Bucket=ASSETS)
    for asset in json.loads((assembly / f"{STACK}.assets.json").read_text())["files"].values():
        if asset["source"]["packaging"] == "zip":
            [place] = asset["destinations"].values()
            packed = shutil.make_archive(str(assembly / "packed"), "zip", assembly / asset["source"]["path"])
            s3.upload_file(packed, ASSETS, place["objectKey"])
    body = (assembly / f"{STACK}.template.json").read_text()
    cloudformation.create_stack(StackName=STACK, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    stack = ended(server, STACK)
    assert stack["StackStatus"] == "CREATE_COMPLETE", failures(server, STACK)
    found = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found} | {STACK: stack["StackId"]}


def failures(server: Server, stack: str) -> list[str]:
    events = server.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return [each.get("ResourceStatusReason", "") for each in events if each["ResourceStatus"].endswith("FAILED")]


def named(deployed: dict[str, str], start_of_name: str) -> list[str]:
    return [physical for logical, physical in deployed.items() if logical.startswith(start_of_name)]


def test_its_rules_let_https_out_to_the_endpoints_alone(server: Server, deployed: dict[str, str]) -> None:
    ec2 = server.client("ec2")
    [functions] = [each for each in named(deployed, "PrivateFunctions") if each.startswith("sg-")]
    [group] = ec2.describe_security_groups(GroupIds=[functions])["SecurityGroups"]
    assert {(rule["FromPort"], rule["ToPort"]) for rule in group["IpPermissionsEgress"]} == {(443, 443)}
    targets: list[Any] = [rule[kind] for rule in group["IpPermissionsEgress"] for kind in _TARGETS if rule.get(kind)]
    assert len(targets) == 3 and not any(rule.get("IpRanges") for rule in group["IpPermissionsEgress"])
    [vpc] = named(deployed, "PrivateVpc")
    own = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    [default] = ec2.describe_security_groups(Filters=own)["SecurityGroups"]
    assert (default["IpPermissions"], default["IpPermissionsEgress"]) == ([], [])


_TARGETS = ("PrefixListIds", "UserIdGroupPairs")


def test_it_is_deleted_once_the_last_interface_is_gone(server: Server, deployed: dict[str, str]) -> None:
    ec2, cloudformation = server.client("ec2"), server.client("cloudformation")
    [subnet, *_] = named(deployed, "PrivateSubnet")
    [group] = named(deployed, "PrivateContainers")
    [vpc] = named(deployed, "PrivateVpc")
    # As of SageMaker, for which CloudFormation does not wait.
    held = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]["NetworkInterfaceId"]
    cloudformation.delete_stack(StackName=STACK)

    def events() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = cloudformation.describe_stack_events(StackName=deployed[STACK])["StackEvents"]
        return found

    def waits() -> bool:
        return any(
            (each["ResourceType"], each["ResourceStatus"]) == ("Custom::Cleanup", "DELETE_IN_PROGRESS")
            for each in events()
        )

    wait_for(waits, what="the cleanup to wait")
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"], "it is deleted after the cleanup"
    ec2.delete_network_interface(NetworkInterfaceId=held)
    assert ended(server, deployed[STACK])["StackStatus"] == "DELETE_COMPLETE", failures(server, deployed[STACK])
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    assert ec2.describe_network_interfaces(Filters=of_vpc)["NetworkInterfaces"] == []
    assert ec2.describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"] == []
    assert ec2.describe_security_groups(Filters=of_vpc)["SecurityGroups"] == []
