"""Roles have no AWS-managed policies, no wildcard actions, and `*` only for actions without resources."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synthesised
from tests.stacks.policies import WITHOUT_RESOURCE, listed, statements


def test_no_role_has_a_managed_or_an_inline_policy(each: Synthesised) -> None:
    for name, role in each.everything("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role["Properties"], name
        assert "Policies" not in role["Properties"], name


def test_a_service_assumes_a_role_for_this_account_where_it_says_for_whom(each: Synthesised) -> None:
    """Lambda's guide leaves open whether it says; SageMaker's ARNs are test_sagemaker_role.py's."""
    conditions: dict[str, set[str]] = {}
    for name, role in each.everything("AWS::IAM::Role").items():
        [statement] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        keys = [key for operator in statement.get("Condition", {}).values() for key in operator]
        conditions.setdefault(statement["Principal"]["Service"], set()).add(" ".join(keys))
        for account in statement.get("Condition", {}).get("StringEquals", {}).values():
            assert account == (each.stacks.data.settings.account or {"Ref": "AWS::AccountId"}), name
    expected = {
        "lambda.amazonaws.com": {""},
        "sagemaker.amazonaws.com": {"aws:SourceArn"},
        "states.amazonaws.com": {"aws:SourceAccount"},
        "events.amazonaws.com": {"aws:SourceAccount"},
        "codebuild.amazonaws.com": {"aws:SourceAccount"},
    }
    assert conditions == {service: expected[service] for service in conditions}
    assert {"lambda.amazonaws.com", "sagemaker.amazonaws.com", "states.amazonaws.com"} <= set(conditions)


def test_no_action_has_a_wildcard(each: Synthesised) -> None:
    found = [
        (name, action)
        for name, statement in statements(each)
        for action in listed(statement["Action"])
        if "*" in action
    ]
    assert found == []


def test_only_actions_without_a_resource_are_allowed_on_all(each: Synthesised) -> None:
    broad = {
        action
        for _, statement in statements(each)
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert broad <= WITHOUT_RESOURCE


def test_metrics_can_only_be_put_in_sagemakers_namespace(each: Synthesised) -> None:
    found = [s for _, s in statements(each) if "cloudwatch:PutMetricData" in listed(s["Action"])]
    assert len(found) == 3  # the training job's, the endpoint's and the challenger's
    assert all(s["Condition"] == {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}} for s in found)


def test_roles_are_passed_to_sagemaker_only(each: Synthesised) -> None:
    found = [(name, s) for name, s in statements(each) if "iam:PassRole" in listed(s["Action"])]
    assert [name.split("/")[0] for name, _ in found] == ["training"]
    assert found[0][1]["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_a_promotion_may_update_the_serving_stack_a_test_the_challengers_and_nobody_another(dev: Synthesised) -> None:
    found = {name: s for name, s in statements(dev) if "cloudformation:UpdateStack" in listed(s["Action"])}
    assert len(found) == 2
    for role, part in (("PromotionPromote", "Serving"), ("AbTest", "Challenger")):
        [statement] = [s for name, s in found.items() if name.startswith(f"training/{role}")]
        assert json.dumps(statement["Resource"]).endswith(f'":stack/Rubric-dev-{part}/*"]]}}')


def test_no_function_may_make_a_log_group(each: Synthesised) -> None:
    """Only SageMaker's jobs may, whose group belongs to the account: test_sagemaker_role.py."""
    makers = {name for name, s in statements(each) if "logs:CreateLogGroup" in listed(s["Action"])}
    functions = {f["Properties"]["Role"]["Fn::GetAtt"][0] for f in each.everything("AWS::Lambda::Function").values()}
    policies = each.everything("AWS::IAM::Policy")
    assert {role["Ref"] for name in makers for role in policies[name]["Properties"]["Roles"]} & functions == set()
    assert len(makers) == 3  # for training jobs, and for transform jobs of the endpoint's model and the challenger's


def test_nobody_may_delete_a_log_group(each: Synthesised) -> None:
    assert [name for name, s in statements(each) if "logs:DeleteLogGroup" in listed(s["Action"])] == []


def test_the_uploads_bucket_is_read_object_by_object(local: Synthesised) -> None:
    resources = [
        json.dumps(r)
        for _, s in statements(local)
        for r in listed(s["Resource"])
        if "cdk-hnb659fds-assets" in json.dumps(r)
    ]
    assert resources
    assert [r for r in resources if "*" in r] == []


def test_every_key_user_has_the_key_and_nothing_else_of_kms(prod: Synthesised, dev: Synthesised) -> None:
    used = [s for _, s in statements(prod) if any(a.startswith("kms:") for a in listed(s["Action"]))]
    assert len(used) >= 8
    assert all("ExportsOutputFnGetAttKey" in json.dumps(s["Resource"]) for s in used)
    assert [s for _, s in statements(dev) if any(a.startswith("kms:") for a in listed(s["Action"]))] == []
