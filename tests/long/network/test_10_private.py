"""`network.mode: private`, deployed with the CDK CLI."""

from typing import Any

from tests.e2e.cloud import Cloud
from tests.e2e.test_20_api import HEADLINE


def interfaces(cloud: Cloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    return found


def test_an_endpoint_in_the_private_network_answers_over_the_api(deployed: Cloud) -> None:
    with deployed.api() as api:
        answer = api.post("v1/classify", json={"inputs": HEADLINE})
        assert answer.status_code == 200, answer.text
    kinds = {each["InterfaceType"] for each in interfaces(deployed)}
    assert kinds == {"lambda", "vpc_endpoint", "interface"}
