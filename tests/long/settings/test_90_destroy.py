"""A destroy waits for the network interfaces that services hold, can be interrupted, and leaves nothing."""

import json
import signal
import subprocess
from typing import Any

from tests.e2e.cloud import Cloud, wait_for
from tests.long.settings.test_80_private import subnets

# A runner in the background ignores Ctrl-C, and so would a process that it starts.
_HEEDS_CTRL_C = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module('local', run_name='__main__')"
)


def test_an_interrupted_destroy_goes_on_and_leaves_nothing(private: Cloud) -> None:
    ec2, cloudformation = private.client("ec2"), private.client("cloudformation")
    # Nobody removes this one while the destroy runs for the first time.
    held = ec2.create_network_interface(SubnetId=min(subnets(private)))["NetworkInterface"]["NetworkInterfaceId"]
    stacks = {each["StackName"]: each["StackId"] for each in cloudformation.describe_stacks()["Stacks"]}

    def events(stack: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = cloudformation.describe_stack_events(StackName=stacks[stack])["StackEvents"]
        return found

    first = subprocess.Popen(
        [str(private.checkout / ".venv/bin/python"), "-c", _HEEDS_CTRL_C, "destroy"],
        cwd=private.checkout,
        env=private.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(
            "the wait for the interface",
            lambda: any(
                (each["ResourceType"], each["ResourceStatus"]) == ("Custom::Cleanup", "DELETE_IN_PROGRESS")
                for each in events(private.stack("Network"))
            ),
            timeout=600,
        )
    finally:
        first.send_signal(signal.SIGINT)
        first.wait(timeout=60)
    reasons = [each.get("ResourceStatusReason", "") for each in events(private.stack("Data"))]
    assert any("waiting for NetworkInterfaces associated with the Lambda Function" in reason for reason in reasons)
    assert "waiting for NetworkInterfaces" in (private.folder / "state/logs/destroy.log").read_text()
    groups = ec2.describe_security_groups()["SecurityGroups"]
    assert [each for each in groups if each["GroupName"] != "default"], "they go after the last interface"

    ec2.delete_network_interface(NetworkInterfaceId=held)
    private.local("destroy", timeout=600)
    left = private.local("leftovers", "--json", check=False)
    assert json.loads(left.stdout)["left"] == 0, left.stdout
