"""The actions that a template needs beside those of CloudFormation's handlers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from delivery.execution.needs import actions
from delivery.execution.templates import Environment
from environments.settings import load
from tests.unit.environments.conftest import MINIMAL

ENDPOINT = "AWS::EC2::VPCEndpoint"


def needed(root: Path, properties: dict[str, Any]) -> frozenset[str]:
    """What an endpoint with these properties needs."""
    (root / "environments").mkdir(exist_ok=True)
    (root / "environments" / "prod.yaml").write_text(MINIMAL)
    template = {"Resources": {"Endpoint": {"Type": ENDPOINT, "Properties": properties}}}
    return actions(Environment(settings=load("prod", root=root), templates={"Network": template}))[ENDPOINT]


def test_an_endpoint_with_a_private_name_is_associated_with_its_zone(tmp_path: Path) -> None:
    zone = "route53:AssociateVPCWithHostedZone"
    assert zone in needed(tmp_path, {"PrivateDnsEnabled": True})
    assert zone not in needed(tmp_path, {"VpcEndpointType": "Gateway"})
