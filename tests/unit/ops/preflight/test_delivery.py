"""What preflight says of an account that is not ready for delivery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts.deployment.delivery import (
    BOOTSTRAP_COMMAND,
    ENVIRONMENT_SUBJECT,
    EXECUTION_POLICY_ARNS,
    ISSUER,
    in_region,
    output,
)
from environments.delivery import Delivered, load, of_environment
from ops.preflight import delivery
from ops.preflight.finding import Finding
from tests.unit.delivery.test_guard import DELIVERY
from tests.unit.environments.conftest import MINIMAL

PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
SUBJECT = "repo:octo-org@123456/octo-repo@456789:environment:prod"
ROLE = "arn:aws:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role-123456789012-us-east-1"
OUTPUTS = {
    output(ENVIRONMENT_SUBJECT, "prod"): SUBJECT,
    in_region(BOOTSTRAP_COMMAND, "us-east-1"): "npx cdk bootstrap ...",
    EXECUTION_POLICY_ARNS: "arn:aws:iam::123456789012:policy/one",
}


class Iam:
    """IAM with a provider, a policy and a role, or without."""

    def __init__(self, *, provider: bool = True, audience: str = "sts.amazonaws.com", **role: Any) -> None:
        self._provider, self._audience, self._role = provider, audience, role

    def list_open_id_connect_providers(self) -> dict[str, Any]:
        return {"OpenIDConnectProviderList": [{"Arn": PROVIDER}] if self._provider else []}

    def get_open_id_connect_provider(self, **_: Any) -> dict[str, Any]:
        return {"ClientIDList": [self._audience]}

    def get_policy(self, **_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "not found"}}, "GetPolicy")

    def get_paginator(self, _: str) -> Iam:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        arn = "arn:aws:iam::123456789012:policy/"
        names = self._role.get("policies", ["one"])
        return [{"AttachedPolicies": [{"PolicyName": name, "PolicyArn": f"{arn}{name}"} for name in names]}]

    def get_role(self, **_: Any) -> dict[str, Any]:
        return {
            "Role": {"PermissionsBoundary": {}}
            if self._role.get("bounded") is False
            else {"PermissionsBoundary": {"x": 1}}
        }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("environments", "delivery"):
        (tmp_path / folder).mkdir()
    (tmp_path / "environments" / "prod.yaml").write_text(f"{MINIMAL}permissions_boundary: rubric-prod-boundary\n")
    (tmp_path / "delivery" / "delivery.yaml").write_text(DELIVERY)
    return tmp_path


@pytest.fixture
def delivered(root: Path) -> Delivered:
    return load(root=root)


def only(findings: list[Finding]) -> tuple[str, str, str]:
    [finding] = findings
    return finding.verdict, finding.what, finding.todo


@pytest.mark.parametrize(("form", "says"), [("ids", "with the ids of owner"), ("names", "with names only")])
def test_it_says_which_form_of_subject_applies(root: Path, form: str, says: str) -> None:
    file = root / "delivery" / "delivery.yaml"
    if form == "names":
        kept = [line for line in DELIVERY.splitlines() if "_id:" not in line]
        file.write_text("\n".join(kept).replace("subject: ids", "subject: names"))
    found = of_environment("prod", root=root)
    assert found is not None
    what = delivery.subject(found, settings=found.environments[0]).what
    assert says in what and f"{found.settings.source.claim}:environment:prod" in what


@pytest.mark.parametrize(("region", "warned"), [("us-east-1", False), ("us-gov-west-1", True), ("cn-north-1", True)])
def test_a_partition_that_nobody_has_compared_is_warned_of(delivered: Delivered, region: str, warned: bool) -> None:
    settings = delivered.environments[0].model_copy(update={"region": region})
    assert [each.verdict for each in delivery.partition(settings)] == ["warning"] * warned


def test_an_environment_of_no_file_and_a_file_that_nobody_filled_in_are_not_looked_at(root: Path) -> None:
    assert of_environment("dev", root=root) is None
    (root / "delivery" / "delivery.yaml").write_text("delivery: {environments: [prod], oidc_provider: create}\n")
    assert of_environment("prod", root=root) is None


def test_a_missing_boundary_is_refused(delivered: Delivered) -> None:
    found = delivery.boundary(Iam(), settings=delivered.environments[0], account="123456789012", partition="aws")
    assert only(found)[0] == "refused" and "rubric-prod-boundary" in only(found)[1]


def test_a_second_provider_is_refused_before_it_is_made(delivered: Delivered) -> None:
    verdict, _, todo = only(delivery.provider(Iam(), delivered=delivered, deployed=False))
    assert (verdict, "existing" in todo) == ("refused", True)
    assert only(delivery.provider(Iam(), delivered=delivered, deployed=True))[0] == "ok"


def test_a_provider_for_others_only_is_refused(delivered: Delivered) -> None:
    verdict, _, todo = only(delivery.provider(Iam(audience="other"), delivered=delivered, deployed=True))
    assert (verdict, "add-client-id" in todo) == ("refused", True)


def test_a_provider_that_should_be_there_and_is_not_is_refused(root: Path) -> None:
    file = root / "delivery" / "delivery.yaml"
    file.write_text(DELIVERY.replace("create", "existing"))
    found = delivery.provider(Iam(provider=False), delivered=load(root=root), deployed=False)
    assert only(found)[0] == "refused" and "create" in only(found)[2]


@pytest.mark.parametrize(
    ("outputs", "verdict"),
    [
        (None, "warning"),
        ({}, "warning"),
        ({output(ENVIRONMENT_SUBJECT, "prod"): "repo:octo-org/octo-repo:environment:prod"}, "warning"),
        (OUTPUTS, "ok"),
    ],
)
def test_roles_that_trust_another_subject_are_told(
    delivered: Delivered, outputs: dict[str, str] | None, verdict: str
) -> None:
    found = delivery.roles(outputs, delivered=delivered, settings=delivered.environments[0])
    assert only(found)[0] == verdict


@pytest.mark.parametrize(
    ("role", "verdict"),
    [({"policies": ["AdministratorAccess"]}, "warning"), ({"bounded": False}, "warning"), ({}, "ok")],
)
def test_an_administrator_behind_the_deploy_is_told(delivered: Delivered, role: dict[str, Any], verdict: str) -> None:
    found = delivery.execution(Iam(**role), role=ROLE, outputs=OUTPUTS, settings=delivered.environments[0])
    assert only(found)[0] == verdict
    assert verdict == "ok" or only(found)[2].startswith("npx cdk bootstrap")


def test_a_policy_that_bootstrap_has_not_attached_is_told(delivered: Delivered) -> None:
    """After a change that needs one more, `make account-deploy` alone does not give it to CloudFormation."""
    two = {**OUTPUTS, EXECUTION_POLICY_ARNS: f"{OUTPUTS[EXECUTION_POLICY_ARNS]},arn:aws:iam::123456789012:policy/two"}
    found = delivery.execution(Iam(), role=ROLE, outputs=two, settings=delivered.environments[0])
    assert only(found)[0] == "warning" and only(found)[1].endswith("lacks two")
    assert only(found)[2].startswith("npx cdk bootstrap")
