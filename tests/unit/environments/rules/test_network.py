"""Settings of the network that contradict one another are refused, each with one line."""

from __future__ import annotations

import json

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused, bedrock, serverless

EXISTING = {
    "mode": "existing",
    "vpc_id": "vpc-0a1b2c3d",
    "subnet_ids": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
    "security_group_ids": ["sg-0a1b2c3d"],
    "endpoints": "exist",
}


def network(**values: object) -> str:
    """An override of the section; a value of None leaves a key out."""
    return json.dumps({"network": {key: value for key, value in values.items() if value is not None}})


def existing(**changes: object) -> str:
    return network(**{**EXISTING, **changes})


REFUSED = [
    (network(mode="vpc"), "network.mode: 'vpc' is not allowed; use one of: none, private, existing"),
    (network(zones=3), "network.zones: 3 is not allowed; it needs network.mode: private (now none)"),
    (network(vpc_id="vpc-0a1b2c3d"), "network.vpc_id: 'vpc-0a1b2c3d' is not allowed; it needs network.mode: existing"),
    (network(mode="private", endpoints="exist"), "network.endpoints: 'exist' is not allowed; it needs network.mode"),
    (network(mode="private", zones=4), "network.zones: 4 is not allowed"),
    (network(mode="private", cidr="10.0.0.1/16"), "network.cidr: '10.0.0.1/16' is not allowed; use a block of IPv4"),
    (network(mode="private", cidr="private"), "network.cidr: 'private' is not allowed; use a block of IPv4"),
    (network(mode="private", cidr="10.0.0.0/8"), "network.cidr: '10.0.0.0/8' is not allowed; use a block from /16"),
    (network(mode="private", cidr="10.0.0.0/25"), "network.cidr: '10.0.0.0/25' is not allowed; use a block from /16"),
    (network(mode="private", cidr="8.8.0.0/16"), "network.cidr: '8.8.0.0/16' is not allowed; these are public"),
    (network(mode="private", flow_log_days=31), "network.flow_log_days: 31 is not allowed"),
    (
        network(mode="private", zones=3, zone_names=["us-east-1a", "us-east-1b"]),
        "network.zone_names: ['us-east-1a', 'us-east-1b'] is not allowed; network.zones is 3",
    ),
    (
        network(mode="private", zone_names=["us-east-1a", "us-west-2b"]),
        "network.zone_names: 'us-west-2b' is not allowed; it is not a zone of us-east-1",
    ),
    (network(mode="private", zone_names=["a", "b"]), "network.zone_names.0: 'a' is not allowed; use availability"),
    (existing(vpc_id=None), "network.vpc_id: is required; network.mode is existing"),
    (existing(subnet_ids=None), "network.subnet_ids: is required; network.mode is existing"),
    (existing(security_group_ids=None), "network.security_group_ids: is required; network.mode is existing"),
    (existing(endpoints=None), "network.endpoints: is required; network.mode is existing"),
    (existing(endpoints="create"), "network.route_table_ids: is required; network.endpoints is create"),
    (existing(route_table_ids=["rtb-0a1b2c3d"]), "network.route_table_ids: ['rtb-0a1b2c3d'] is not allowed; it needs"),
    (existing(subnet_ids=["subnet-0a1b2c3d"]), "network.subnet_ids: ['subnet-0a1b2c3d'] is not allowed; use 2 to 6"),
    (
        existing(subnet_ids=["subnet-0a1b2c3d", "subnet-0a1b2c3d"]),
        "network.subnet_ids: ['subnet-0a1b2c3d', 'subnet-0a1b2c3d'] is not allowed; name each once",
    ),
    (existing(security_group_ids=[]), "network.security_group_ids: [] is not allowed; use 1 to 5"),
    (existing(vpc_id="mine"), "network.vpc_id: 'mine' is not allowed; use a VPC's id such as"),
    (existing(cidr="10.0.0.0/16"), "network.cidr: '10.0.0.0/16' is not allowed; it needs network.mode: private"),
    ("api: {access: private}", "api.access: 'private' is not allowed; API Gateway's HTTP APIs are public by nature"),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


@pytest.mark.parametrize("override", [network(mode="private"), existing()])
def test_a_serverless_endpoint_is_refused_in_a_vpc(load_text: Loader, override: str) -> None:
    both = {**json.loads(serverless()), **json.loads(override)}
    assert_refused(load_text, json.dumps(both), "serving.mode: 'serverless' is not allowed; SageMaker has no")


def test_a_bedrock_model_of_another_region_is_refused_in_a_vpc_without_a_way_out(load_text: Loader) -> None:
    there = json.loads(bedrock(fallback="bedrock", region="eu-west-1"))
    load_text(override=json.dumps({**there, **json.loads(existing())}))
    both = json.dumps({**there, **json.loads(network(mode="private"))})
    assert_refused(load_text, both, "classifier.bedrock.region: 'eu-west-1' is not allowed; a VPC without a way out")


@pytest.mark.parametrize(
    "override",
    [
        network(mode="private"),
        network(mode="private", zones=3, cidr="192.168.4.0/22", flow_log_days=365),
        network(mode="private", zone_names=["us-east-1b", "us-east-1d"]),
        existing(),
        existing(endpoints="create", route_table_ids=["rtb-0a1b2c3d"]),
    ],
)
def test_allowed(load_text: Loader, override: str) -> None:
    assert load_text(override=override).network.inside


def test_unset_there_is_no_vpc(load_text: Loader) -> None:
    network = load_text().network
    assert not network.inside
    assert not network.makes_endpoints
