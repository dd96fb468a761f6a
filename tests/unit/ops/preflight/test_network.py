"""Preflight of the network: one sentence for each thing that AWS would refuse, before anything is changed."""

from __future__ import annotations

from typing import Any

import pytest

from environments.reached import endpoints
from environments.settings import Settings
from ops.preflight import network, private_network
from ops.preflight.finding import Finding
from tests.unit.ops.preflight.account import Account
from tests.unit.ops.preflight.conftest import Change

VPC, OTHER = "vpc-0123456789abcdef0", "vpc-0fedcba9876543210"
SUBNETS, GROUP = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"], "sg-0123456789abcdef1"
EXISTING = {"mode": "existing", "vpc_id": VPC, "subnet_ids": SUBNETS, "security_group_ids": [GROUP]}
OUT = {"DestinationCidrBlock": "0.0.0.0/0", "State": "active", "NatGatewayId": "nat-0123456789abcdef0"}


def subnet(index: int, **more: Any) -> dict[str, Any]:
    zone = f"us-east-1{'ab'[index]}"
    return {
        "SubnetId": SUBNETS[index],
        "VpcId": VPC,
        "AvailabilityZone": zone,
        "AvailableIpAddressCount": 200,
        **more,
    }


def endpoint(name: str, **more: Any) -> dict[str, Any]:
    gateway = name in ("s3", "dynamodb")
    return {
        "VpcEndpointId": f"vpce-{name.replace('.', '')}",
        "ServiceName": f"com.amazonaws.us-east-1.{name}",
        "State": "Available",
        "PrivateDnsEnabled": not gateway,
        "RouteTableIds": ["rtb-0123456789abcdef0"] if gateway else [],
        **more,
    }


class Vpc(Account):
    """An account with a VPC in which nothing is missing; tests change its lists."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.subnets = [subnet(0), subnet(1)]
        self.groups = [{"GroupId": GROUP, "VpcId": VPC}]
        self.endpoints = [endpoint(each.name) for each in endpoints(settings)]
        self.routes: list[dict[str, Any]] = []
        self.dns = {"EnableDnsSupport": True, "EnableDnsHostnames": True}
        self.vpcs: list[dict[str, Any]] = [{"VpcId": OTHER, "CidrBlock": "172.31.0.0/16"}]
        self.own: list[dict[str, Any]] = []
        self.allowed = 5
        zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
        self.zones = zones
        self.services = [
            {"ServiceName": each["ServiceName"], "AvailabilityZones": zones, "VpcEndpointPolicySupported": True}
            for each in self.endpoints
        ]
        self.answers |= {
            "DescribeSubnets": lambda _: {"Subnets": self.subnets},
            "DescribeSecurityGroups": lambda _: {"SecurityGroups": self.groups},
            "DescribeVpcEndpoints": lambda _: {"VpcEndpoints": self.endpoints},
            "DescribeRouteTables": lambda _: {
                "RouteTables": [{"Associations": [{"Main": True}], "Routes": self.routes}]
            },
            "DescribeVpcAttribute": lambda request: {
                name: {"Value": value}
                for name, value in self.dns.items()
                if name.lower() == request["Attribute"].lower()
            },
            "DescribeVpcs": lambda request: {"Vpcs": self.own if request.get("Filters") else self.vpcs + self.own},
            "DescribeVpcEndpointServices": lambda _: {"ServiceDetails": self.services},
            "DescribeAvailabilityZones": lambda _: {"AvailabilityZones": [{"ZoneName": each} for each in self.zones]},
            "GetServiceQuota": lambda _: {"Quota": {"Value": self.allowed, "QuotaName": "VPCs per Region"}},
        }

    @property
    def ec2(self) -> Any:
        return self.client("ec2", "us-east-1")


@pytest.fixture
def there(settings: Change) -> Settings:
    return settings(network={**EXISTING, "endpoints": "exist"})


@pytest.fixture
def create(settings: Change) -> Settings:
    return settings(network={**EXISTING, "endpoints": "create", "route_table_ids": ["rtb-0123456789abcdef0"]})


@pytest.fixture
def private(settings: Change) -> Settings:
    return settings(network={"mode": "private"})


def only(findings: list[Finding]) -> tuple[str, str]:
    """The verdict and text of the one finding."""
    [found] = findings
    assert "\n" not in found.what + found.todo
    return found.verdict, found.what


def test_a_vpc_that_has_everything_is_ok(there: Settings) -> None:
    assert only(network.existing(Vpc(there).ec2, settings=there))[0] == "ok"


def test_subnets_of_two_vpcs_are_refused(there: Settings) -> None:
    account = Vpc(there)
    account.subnets[1]["VpcId"] = OTHER
    expected = f"network.subnet_ids: {SUBNETS[1]} is in {OTHER}, and network.vpc_id is {VPC}"
    assert only(network.existing(account.ec2, settings=there)) == ("refused", expected)


def test_a_security_group_of_another_vpc_is_refused(there: Settings) -> None:
    account = Vpc(there)
    account.groups[0]["VpcId"] = OTHER
    verdict, what = only(network.existing(account.ec2, settings=there))
    assert (verdict, what.split(":")[0]) == ("refused", "network.security_group_ids")


def test_subnets_in_one_zone_are_refused(there: Settings) -> None:
    account = Vpc(there)
    account.subnets[1]["AvailabilityZone"] = "us-east-1a"
    assert only(network.existing(account.ec2, settings=there)) == (
        "refused",
        "network.subnet_ids: all are in us-east-1a; a model needs two zones, and one may fail",
    )


def test_an_id_that_does_not_exist_is_refused(there: Settings) -> None:
    account = Vpc(there)
    del account.subnets[1]
    found = network.existing(account.ec2, settings=there)
    assert [each.what for each in found] == [f"network.subnet_ids: there is no {SUBNETS[1]} in the account and region"]


def test_a_subnet_without_free_addresses_is_refused(there: Settings) -> None:
    account, needed = Vpc(there), network.addresses_needed(there)
    account.subnets[0]["AvailableIpAddressCount"] = needed - 1
    verdict, what = only(network.existing(account.ec2, settings=there))
    assert verdict == "refused"
    assert what == f"network.subnet_ids: {SUBNETS[0]} has {needed - 1} free addresses, and {needed} may be needed"
    account.subnets[0]["AvailableIpAddressCount"] = needed
    assert only(network.existing(account.ec2, settings=there))[0] == "ok"


def test_missing_endpoints_are_refused_by_name(there: Settings) -> None:
    account = Vpc(there)
    account.endpoints = [each for each in account.endpoints if not each["ServiceName"].endswith((".ssm", ".sqs"))]
    assert only(network.existing(account.ec2, settings=there)) == (
        "refused",
        f"{VPC} has no endpoint for com.amazonaws.us-east-1.sqs, com.amazonaws.us-east-1.ssm, and the subnets have no "
        "way out",
    )


def test_an_endpoint_that_is_not_ready_does_not_count(there: Settings) -> None:
    account = Vpc(there)
    account.endpoints[0]["State"] = "Pending"
    assert only(network.existing(account.ec2, settings=there))[0] == "refused"


def test_a_way_out_takes_the_place_of_endpoints(there: Settings) -> None:
    account = Vpc(there)
    account.endpoints, account.routes = [], [OUT]
    verdict, what = only(network.existing(account.ec2, settings=there))
    assert (verdict, "way out" in what) == ("ok", True)
    account.routes = [{**OUT, "State": "blackhole"}]
    assert only(network.existing(account.ec2, settings=there))[0] == "refused"


def test_private_dns_that_is_off_is_refused(there: Settings) -> None:
    account = Vpc(there)
    for each in account.endpoints:
        if each["ServiceName"].endswith(".states"):
            each["PrivateDnsEnabled"] = False
    verdict, what = only(network.existing(account.ec2, settings=there))
    assert verdict == "refused" and what.startswith(f"{VPC}: private DNS is off for vpce-states")


def test_endpoints_in_the_way_of_own_ones_are_refused(create: Settings) -> None:
    account = Vpc(create)
    account.endpoints = [endpoint("sqs")]
    verdict, what = only(network.existing(account.ec2, settings=create))
    assert verdict == "refused" and "has vpce-sqs for com.amazonaws.us-east-1.sqs already" in what
    account.endpoints = []
    assert only(network.existing(account.ec2, settings=create))[0] == "ok"


def test_two_subnets_of_a_zone_are_refused_where_endpoints_are_made(create: Settings, there: Settings) -> None:
    account = Vpc(create)
    account.endpoints = []
    third = {**subnet(1), "SubnetId": "subnet-0123456789abcdef2"}
    account.subnets.append(third)
    wider = [*SUBNETS, third["SubnetId"]]
    change = {"network": create.network.model_copy(update={"subnet_ids": wider})}
    verdict, what = only(network.existing(account.ec2, settings=create.model_copy(update=change)))
    assert verdict == "refused" and "two are in us-east-1b" in what


def test_dns_of_the_vpc_that_is_off_is_refused(create: Settings) -> None:
    account = Vpc(create)
    account.endpoints, account.dns["EnableDnsHostnames"] = [], False
    verdict, what = only(network.existing(account.ec2, settings=create))
    assert (verdict, what) == ("refused", f"{VPC}: enableDnsHostnames is off, which the endpoints' private DNS needs")


def test_the_deployed_vpc_keeps_its_addresses_and_its_zones(private: Settings) -> None:
    account = Vpc(private)
    assert only(private_network.own(account.ec2, settings=private)) == (
        "ok",
        "a VPC with 10.0.0.0/16 will be made",
    )
    account.own = [{"VpcId": VPC, "CidrBlock": "10.0.0.0/16"}]
    assert only(private_network.own(account.ec2, settings=private))[0] == "ok"
    account.subnets.append(subnet(1))
    verdict, what = only(private_network.own(account.ec2, settings=private))
    assert (verdict, what.split(":")[0]) == ("refused", "network.zones")
    account.own = [{"VpcId": VPC, "CidrBlock": "10.1.0.0/16"}]
    verdict, what = only(private_network.own(account.ec2, settings=private))
    assert (verdict, what.split(":")[0]) == ("refused", "network.cidr")


@pytest.mark.parametrize(("others", "own", "verdict"), [(4, 0, "ok"), (5, 0, "refused"), (4, 1, "ok")])
def test_another_vpc_has_to_fit(private: Settings, others: int, own: int, verdict: str) -> None:
    account = Vpc(private)
    account.vpcs = [{"VpcId": f"vpc-{index:017x}", "CidrBlock": "172.31.0.0/16"} for index in range(others)]
    account.own = [{"VpcId": VPC, "CidrBlock": "10.0.0.0/16"}] * own
    client = account.client("service-quotas", "us-east-1")
    assert only(private_network.quotas(account.ec2, client, settings=private))[0] == verdict


def test_a_zone_without_a_service_is_refused(private: Settings) -> None:
    account = Vpc(private)
    assert only(private_network.services(account.ec2, settings=private))[0] == "ok"
    account.services[0]["AvailabilityZones"] = ["us-east-1a", "us-east-1c"]
    verdict, what = only(private_network.services(account.ec2, settings=private))
    assert (verdict, what) == ("refused", f"us-east-1b has no {account.services[0]['ServiceName']}")


def test_a_region_without_a_service_is_refused(private: Settings) -> None:
    account = Vpc(private)
    name = account.services.pop()["ServiceName"]
    assert only(private_network.services(account.ec2, settings=private)) == (
        "refused",
        f"us-east-1 has no endpoint service {name}",
    )


def test_a_zone_that_the_account_does_not_have_is_refused(settings: Change) -> None:
    named = settings(network={"mode": "private", "zone_names": ["us-east-1a", "us-east-1z"]})
    verdict, what = only(private_network.services(Vpc(named).ec2, settings=named))
    assert (verdict, what) == ("refused", "network.zone_names: the account has no us-east-1z")


def test_the_price_is_said_to_be_unknown(private: Settings) -> None:
    found = private_network.price(private)
    assert (found.verdict, found.todo) == ("unknown", "https://aws.amazon.com/privatelink/pricing/")
    assert "11 interface endpoints in 2 zones" in found.what
