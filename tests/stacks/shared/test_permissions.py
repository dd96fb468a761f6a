"""Roles: nothing that AWS manages, no wildcard actions, and `*` only where AWS knows no resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stacks.constructs.permissions import flat
from tests.stacks.conftest import Synthesise, Synthesised

# Actions that take no resource, by AWS's own reference.
WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "sagemaker:ListTrainingJobs",
    "sagemaker:ListTransformJobs",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(synthesised: Synthesised) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that allows something to a role, with the policy's name."""
    for name, policy in synthesised.everything("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            yield name, statement


def test_no_role_has_a_managed_or_an_inline_policy(each: Synthesised) -> None:
    for name, role in each.everything("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role["Properties"], name
        assert "Policies" not in role["Properties"], name


def test_a_service_assumes_a_role_for_this_account_where_it_says_for_whom(each: Synthesised) -> None:
    """Lambda's guide leaves open whether it says; SageMaker's ARNs are test_sagemaker_roles.py's."""
    conditions: dict[str, set[str]] = {}
    for name, role in each.everything("AWS::IAM::Role").items():
        [statement] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        keys = [key for given in statement.get("Condition", {}).values() for key in given]
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
    assert len(found) == 2
    assert all(s["Condition"] == {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}} for s in found)


def test_roles_are_passed_to_sagemaker_only(each: Synthesised) -> None:
    found = [(name, s) for name, s in statements(each) if "iam:PassRole" in listed(s["Action"])]
    assert [name.split("/")[0] for name, _ in found] == ["training"]
    assert found[0][1]["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_promotion_may_update_the_serving_stack_and_no_other(dev: Synthesised) -> None:
    found = [s for _, s in statements(dev) if "cloudformation:UpdateStack" in listed(s["Action"])]
    assert len(found) == 1
    assert json.dumps(found[0]["Resource"]).endswith('":stack/Rubric-dev-Serving/*"]]}')


def test_no_function_may_make_a_log_group(each: Synthesised) -> None:
    """Only SageMaker's jobs may, whose group belongs to the account: tests/stacks/test_sagemaker_roles.py."""
    makers = {name for name, s in statements(each) if "logs:CreateLogGroup" in listed(s["Action"])}
    functions = {f["Properties"]["Role"]["Fn::GetAtt"][0] for f in each.everything("AWS::Lambda::Function").values()}
    policies = each.everything("AWS::IAM::Policy")
    assert {role["Ref"] for name in makers for role in policies[name]["Properties"]["Roles"]} & functions == set()
    assert len(makers) == 2


def test_nobody_may_delete_a_log_group(each: Synthesised) -> None:
    assert [name for name, s in statements(each) if "logs:DeleteLogGroup" in listed(s["Action"])] == []


def test_the_classifier_may_only_ask_and_log(dev: Synthesised) -> None:
    [(name, policy)] = [(n, p) for n, p in dev.resources("api", "AWS::IAM::Policy").items() if n.startswith("Classify")]
    actions = {a for s in policy["Properties"]["PolicyDocument"]["Statement"] for a in listed(s["Action"])}
    assert actions == {
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sagemaker:InvokeEndpoint",
        "sqs:SendMessage",
    }, name


def test_the_log_is_read_by_a_function_that_can_neither_write_nor_remove_a_request(dev: Synthesised) -> None:
    policies = dev.resources("api", "AWS::IAM::Policy").items()
    found = {n.split("Role")[0]: p for n, p in policies if n.startswith(("Records", "Examples"))}
    actions = {
        name: {a for s in policy["Properties"]["PolicyDocument"]["Statement"] for a in listed(s["Action"])}
        for name, policy in found.items()
    }
    logs = {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert actions == {
        "Records": logs
        | {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"}
        | {"secretsmanager:GetSecretValue"},
        "Examples": logs | {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"},
    }


def test_the_authorizer_reads_keys_and_counts_and_never_writes_a_key(dev: Synthesised) -> None:
    [policy] = [p for n, p in dev.resources("api", "AWS::IAM::Policy").items() if n.startswith("Authorizer")]
    allowed = {
        action: json.dumps(statement["Resource"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }
    logging = {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert set(allowed) == {"dynamodb:GetItem", "dynamodb:UpdateItem", "ssm:GetParameter"} | logging
    assert "ApiKeysTable" in allowed["dynamodb:GetItem"] and "UsageTable" in allowed["dynamodb:UpdateItem"]


def test_the_uploads_bucket_is_read_object_by_object(local: Synthesised) -> None:
    resources = [
        json.dumps(r)
        for _, s in statements(local)
        for r in listed(s["Resource"])
        if "cdk-hnb659fds-assets" in json.dumps(r)
    ]
    assert resources
    assert [r for r in resources if "*" in r] == []


def readable_in_s3(synthesised: Synthesised) -> dict[str, list[str]]:
    """What functions of the API may do in S3, which is reading: ARNs by function."""
    found: dict[str, list[str]] = {}
    for name, policy in synthesised.resources("api", "AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if any(action.startswith("s3:") for action in listed(statement["Action"])):
                assert statement["Action"] == "s3:GetObject"
                found[name.split("Role")[0]] = [flat(arn) for arn in listed(statement["Resource"])]
    return found


def test_the_api_reads_evaluations_and_no_model(each: Synthesised) -> None:
    [(name, [arn])] = readable_in_s3(each).items()
    assert name == "Site" and arn.endswith("/models/*/evaluation.json")


def test_so_does_a_classifier_that_falls_back(synthesise: Synthesise) -> None:
    """It needs the approved model's labels."""
    change = "classifier: {fallback: bedrock, bedrock: {model_id: 'amazon.nova-micro-v1:0'}}"
    found = readable_in_s3(synthesise("dev", change=change))
    assert set(found) == {"Site", "Classify"}
    assert all(arn.endswith("/models/*/evaluation.json") for arns in found.values() for arn in arns)


def test_every_key_user_has_the_key_and_nothing_else_of_kms(prod: Synthesised, dev: Synthesised) -> None:
    used = [s for _, s in statements(prod) if any(a.startswith("kms:") for a in listed(s["Action"]))]
    assert len(used) >= 8
    assert all("ExportsOutputFnGetAttKey" in json.dumps(s["Resource"]) for s in used)
    assert [s for _, s in statements(dev) if any(a.startswith("kms:") for a in listed(s["Action"]))] == []
