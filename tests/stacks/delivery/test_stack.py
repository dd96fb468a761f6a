"""The delivery stack: whom each role trusts, and what a job may do with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.deployment import delivery as contract
from contracts.deployment.delivery import output
from tests.stacks.delivery.conftest import IDS, NAMES, Content, Synthesise


def roles(template: Content) -> dict[str, dict[str, Any]]:
    """The workflows' roles by the start of their logical ids."""
    return {
        name[:-8]: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }


def trusted(role: dict[str, Any]) -> dict[str, Any]:
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    conditions: dict[str, Any] = statement["Condition"]
    return conditions


def granted(template: Content, role: str) -> list[dict[str, Any]]:
    """The statements of a role's only policy."""
    [policy] = [
        resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and name.startswith(role)
    ]
    text, values = policy["PolicyDocument"]["Fn::Sub"]
    assert values == {"A": {"Ref": "AWS::AccountId"}}
    statements: list[dict[str, Any]] = json.loads(text.replace("${A}", "${AWS::AccountId}"))["Statement"]
    return statements


def written(value: Any) -> str:
    """An ARN as text, with pseudo parameters by their names."""
    if isinstance(value, str):
        return value.replace("${AWS::AccountId}", "AccountId")
    if "Ref" in value:
        return str(value["Ref"]).removeprefix("AWS::")
    return "".join(written(part) for part in value["Fn::Join"][1])


@pytest.mark.parametrize(
    ("fixture", "repository"), [("names", "octo-org/octo-repo"), ("ids", "octo-org@123456/octo-repo@456789")]
)
def test_each_role_trusts_exactly_one_subject(fixture: str, repository: str, request: pytest.FixtureRequest) -> None:
    template = request.getfixturevalue(fixture)
    expected = {"DiffRole": "pull_request", "DriftRole": "environment:drift-watch"}
    for env in ("dev", "prod"):
        expected |= {output(f"{kind}Role", env): f"environment:{env}" for kind in ("Deploy", "Check")}
        expected |= {output("PlanRole", env): f"environment:{env}-plan"}
    assert {name: trusted(role) for name, role in roles(template).items()} == {
        name: {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": f"repo:{repository}:{job}",
            }
        }
        for name, job in expected.items()
    }


def test_a_provider_is_made(names: Content) -> None:
    [provider] = [each for each in names["Resources"].values() if each["Type"] == "AWS::IAM::OIDCProvider"]
    assert provider["Properties"]["Url"] == "https://token.actions.githubusercontent.com"
    assert provider["Properties"]["ClientIdList"] == ["sts.amazonaws.com"]


def test_a_provider_that_is_there_is_no_resource_of_the_stack(ids: Content) -> None:
    assert not [each for each in ids["Resources"].values() if each["Type"] == "AWS::IAM::OIDCProvider"]
    for role in roles(ids).values():
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        arn = written(statement["Principal"]["Federated"])
        assert arn == "arn:Partition:iam::AccountId:oidc-provider/token.actions.githubusercontent.com"


def test_a_deploy_takes_bootstraps_roles_and_may_do_nothing_else(names: Content) -> None:
    [statement] = granted(names, "DeployRoleProd")
    assert statement["Action"] == "sts:AssumeRole"
    assert "Condition" not in statement
    assert [written(each) for each in statement["Resource"]] == [
        f"arn:aws:iam::AccountId:role/cdk-hnb659fds-{kind}-role-AccountId-us-east-1"
        for kind in ("deploy", "file-publishing", "image-publishing")
    ]


def test_a_pull_request_reads_the_environments_templates_and_nothing_else(names: Content) -> None:
    [statement] = granted(names, "DiffRole")
    assert sorted(statement["Action"]) == ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
    assert [written(each) for each in statement["Resource"]] == [
        f"arn:aws:cloudformation:us-east-1:AccountId:stack/Rubric-{env}-*/*" for env in ("dev", "prod")
    ]


def test_a_plan_makes_change_sets_and_neither_executes_them_nor_writes_anything_else(names: Content) -> None:
    given = {
        action: written(statement["Resource"])
        for statement in granted(names, "PlanRoleProd")
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    stacks = "arn:aws:cloudformation:us-east-1:AccountId:stack/Rubric-prod-*/*"
    plans = "arn:aws:s3:::cdk-hnb659fds-assets-AccountId-us-east-1/rubric-delivery/Rubric-prod/plan/*"
    reads = ("DescribeStacks", "GetTemplate", "DescribeChangeSet")
    assert given == {
        **{f"cloudformation:{action}": stacks for action in (*reads, "CreateChangeSet", "DeleteChangeSet")},
        "iam:PassRole": "arn:aws:iam::AccountId:role/cdk-hnb659fds-cfn-exec-role-AccountId-us-east-1",
        "s3:GetObject": plans,
        "s3:PutObject": plans,
        "ssm:GetParameters": "arn:aws:ssm:us-east-1:AccountId:parameter/rubric/prod/approved-model",
    }
    [passed] = [each for each in granted(names, "PlanRoleProd") if each["Action"] == "iam:PassRole"]
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}


def test_a_look_for_drift_only_reads(names: Content) -> None:
    reads = ("BatchGet", "Describe", "Detect", "Get", "List", "GET")
    for statement in granted(names, "DriftRole"):
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert action.partition(":")[2].startswith(reads), action
            assert action not in ("secretsmanager:GetSecretValue", "kms:Decrypt", "s3:GetObject"), action
    stacks = [each for each in granted(names, "DriftRole") if "cloudformation:DetectStackDrift" in each["Action"]]
    assert [written(each) for each in stacks[0]["Resource"]] == [
        f"arn:aws:cloudformation:us-east-1:AccountId:stack/Rubric-{env}-*/*" for env in ("dev", "prod")
    ]


def test_a_check_writes_nothing_but_keys(names: Content) -> None:
    for env in ("dev", "prod"):
        writing = [
            statement
            for statement in granted(names, output("CheckRole", env))
            for action in [statement["Action"]]
            if any("Put" in each or "Update" in each for each in ([action] if isinstance(action, str) else action))
        ]
        [statement] = writing
        assert written(statement["Resource"]).endswith(f":table/Rubric-{env}-Data-ApiKeysTable*")


def test_only_what_no_resource_narrows_is_allowed_on_all(names: Content) -> None:
    for role in roles(names):
        for statement in granted(names, role):
            if statement["Resource"] == "*":
                assert statement.get("Sid") in ("Account", "BedrockModel") or role == "DriftRole"


def test_every_output_that_workflows_use_is_there(names: Content) -> None:
    roles = (contract.DEPLOY_ROLE_ARN, contract.CHECK_ROLE_ARN, contract.PLAN_ROLE_ARN)
    per_environment = (*roles, contract.ENVIRONMENT_SUBJECT)
    wanted = {contract.PROVIDER_ARN, contract.DIFF_ROLE_ARN, contract.DIFF_SUBJECT, contract.DRIFT_ROLE_ARN}
    wanted |= {output(name, env) for name in per_environment for env in ("dev", "prod")}
    assert wanted <= set(names["Outputs"])
    assert names["Outputs"]["SubjectProd"]["Value"] == "repo:octo-org/octo-repo:environment:prod"


def test_the_stack_needs_no_bootstrap(deliver: Synthesise, tmp_path: Path) -> None:
    deliver(IDS, where=tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    [stack] = [each for each in manifest["artifacts"].values() if each["type"] == "aws:cloudformation:stack"]
    assert "assumeRoleArn" not in stack["properties"]
    assert "requiresBootstrapStackVersion" not in stack["properties"]


def test_dev_and_prod_need_no_bucket_for_their_template(names: Content) -> None:
    """CloudFormation's quota is 51,200 bytes; the command line adds the constructs' paths, and sends YAML."""
    assert len(yaml.safe_dump(names, width=10_000).encode()) < 49_500


def test_two_synths_give_the_same_bytes(deliver: Synthesise, tmp_path: Path) -> None:
    for name in ("one", "two"):
        deliver(NAMES, where=tmp_path / name)
    one, two = ((tmp_path / name / "Rubric-Delivery.template.json").read_bytes() for name in ("one", "two"))
    assert one == two
