"""A destroy waits for the network interfaces that services hold, can be interrupted, and leaves nothing."""

import json
import signal
import subprocess

from tests.e2e.cloud import Cloud, wait_for
from tests.long.network.test_10_private import subnets


def test_an_interrupted_destroy_goes_on_and_leaves_nothing(deployed: Cloud) -> None:
    ec2, cloudformation = deployed.client("ec2"), deployed.client("cloudformation")
    # Nobody removes this one while the destroy runs for the first time.
    held = ec2.create_network_interface(SubnetId=min(subnets(deployed)))["NetworkInterface"]["NetworkInterfaceId"]
    function = next(
        each["FunctionName"]
        for each in deployed.client("lambda").list_functions()["Functions"]
        if each["VpcConfig"]["SubnetIds"]
    )
    stacks = {
        each["StackName"]: each["StackId"]
        for each in cloudformation.describe_stacks()["Stacks"]
        if each["StackName"].startswith(deployed.stack(""))
    }
    assert function

    def events(stack: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = cloudformation.describe_stack_events(StackName=stacks[deployed.stack(stack)])[
            "StackEvents"
        ]
        return found

    python = str(deployed.checkout / ".venv/bin/python")
    first = subprocess.Popen(
        [python, "-m", "local", "destroy"],
        cwd=deployed.checkout,
        env=deployed.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_for(
            "the wait for the interface",
            lambda: any(
                each["ResourceType"] == "Custom::Cleanup" and each["ResourceStatus"] == "DELETE_IN_PROGRESS"
                for each in events("Network")
            ),
            timeout=600,
        )
    finally:
        first.send_signal(signal.SIGINT)
        output, _ = first.communicate(timeout=60)
    waited = [
        each.get("ResourceStatusReason", "")
        for stack in ("Data", "Training", "Api", "Monitoring")
        for each in events(stack)
    ]
    assert any("waiting for NetworkInterfaces associated with the Lambda Function" in reason for reason in waited)
    assert "network interfaces" in output, output
    groups = ec2.describe_security_groups()["SecurityGroups"]
    assert [each for each in groups if each["GroupName"] != "default"], "they go after the last interface"

    ec2.delete_network_interface(NetworkInterfaceId=held)
    deployed.local("destroy", timeout=600)
    left = deployed.local("leftovers", "--json", check=False)
    assert json.loads(left.stdout)["left"] == 0, left.stdout
