"""What an organisation forbids, as far as a member account can see: tag policies and denied actions."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError

from environments.settings import Settings
from ops.errors import code_of
from ops.preflight.finding import Finding

# CloudFormation's actions for the stacks; without one of these, a deploy is rolled back.
DEPLOYS = (
    "apigateway:POST",
    "cloudwatch:PutMetricAlarm",
    "dynamodb:CreateTable",
    "events:PutRule",
    "iam:CreateRole",
    "lambda:CreateFunction",
    "logs:CreateLogGroup",
    "s3:CreateBucket",
    "secretsmanager:CreateSecret",
    "sns:CreateTopic",
    "sqs:CreateQueue",
    "ssm:PutParameter",
    "states:CreateStateMachine",
)
DEPLOYS_TRAINED = ("sagemaker:CreateEndpoint", "sagemaker:CreateModel", "sagemaker:CreateModelPackageGroup")
DEPLOYS_BUILT = ("codebuild:CreateProject", "ecr:CreateRepository")
DEPLOYS_ENCRYPTED = ("kms:CreateKey",)
# Later actions of the stacks' roles: here only the organisation's policies matter.
RUNS = ("sagemaker:CreateTrainingJob", "sagemaker:CreateModelPackage", "sagemaker:CreateTransformJob")
_MAY_NOT = "the CDK's role for CloudFormation may not do what the stacks need"
_BOOTSTRAP = "bootstrap with --cloudformation-execution-policies that allow it (make bootstrap ARGS=...)"
_ASK = "ask the organisation's administrators"
# The prefixes of the resources that the stacks tag, as tag policies name them.
TAGGED = (
    *("apigateway", "cloudwatch", "codebuild", "dynamodb", "ecr", "events", "iam", "kms"),
    *("lambda", "logs", "s3", "sagemaker", "secretsmanager", "sns", "sqs", "states"),
)

# The parts of a network, which only an environment with a VPC or endpoints of its own has.
TAGGED_NETWORK = ("ec2",)


def tagged(settings: Settings) -> tuple[str, ...]:
    """Prefixes of what an environment tags."""
    return (*TAGGED, *(TAGGED_NETWORK if settings.network.makes_endpoints else ()))


def tag_policy(client: Any, *, settings: Settings) -> list[Finding]:
    """Compare the stacks' tags with the account's effective tag policy. Raises ClientError.

    DescribeEffectivePolicy may be called from any account of an organisation (its reference).
    """
    try:
        answer = client.describe_effective_policy(PolicyType="TAG_POLICY")
    except ClientError as error:
        if code_of(error) == "AWSOrganizationsNotInUseException":
            return [_ok("the account is not in an organisation")]
        if code_of(error) == "EffectivePolicyNotFoundException":
            return [_ok("no tag policy applies to the account")]
        raise
    rules = json.loads(answer["EffectivePolicy"]["PolicyContent"]).get("tags", {})
    tags = {**settings.tags, "project": settings.project, "environment": settings.name}
    findings = [
        finding
        for key, rule in sorted(rules.items())
        if (finding := _judge(key, rule, tags=tags, kinds=tagged(settings)))
    ]
    return findings or [_ok("the stacks' tags fit the tag policy")]


def _judge(key: str, rule: dict[str, Any], *, tags: dict[str, str], kinds: tuple[str, ...]) -> Finding | None:
    """How the tags violate a rule of a tag policy; None if they fit. Syntax: "Tag policy syntax and examples"."""
    name = str(rule.get("tag_key", key))
    ours = next((tag for tag in tags if tag.lower() == name.lower()), None)
    enforced = [kind for kind in rule.get("enforced_for", []) if kind.split(":")[0] in kinds]
    if ours is None:
        required = [kind for kind in rule.get("report_required_tag_for", []) if kind.split(":")[0] in kinds]
        if not required:
            return None
        what, todo = (
            f"the tag policy requires a tag {name} on {', '.join(required)}",
            f"add {name} to tags in the settings",
        )
        return Finding(area="organization", verdict="warning", what=what, todo=todo)
    values = [str(value) for value in rule.get("tag_value", [])]
    if ours == name and (not values or any(fnmatchcase(tags[ours], value) for value in values)):
        return None
    allowed = f"{name}: {' or '.join(values)}" if values else f"{name} in this spelling"
    what = f"the tag policy allows {allowed}, but the stacks have {ours}: {tags[ours]}"
    if enforced:
        what = f"{what}, and it is enforced for {', '.join(enforced)}"
    todo = "correct tags in the settings"
    if ours in ("project", "environment"):
        todo = f"ask the policy's owner for an exception: the stacks' own tag {ours} holds the {ours}'s name"
    return Finding(area="organization", verdict="refused" if enforced else "warning", what=what, todo=todo)


def denials(client: Any, *, role: str, settings: Settings) -> list[Finding]:
    """Simulate the deploying role's policies; SimulatePrincipalPolicy includes SCPs. Raises ClientError."""
    deploys = deployed(settings)
    runs = RUNS if settings.classifier.trained else ()
    region = {
        "ContextKeyName": "aws:RequestedRegion",
        "ContextKeyType": "string",
        "ContextKeyValues": [settings.region],
    }
    try:
        pages = client.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=role, ActionNames=[*deploys, *runs], ContextEntries=[region]
        )
        results = [result for page in pages for result in page["EvaluationResults"]]
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
        what = f"{role.rpartition('/')[2]}: the role does not exist, so its permissions are unknown"
        return [Finding(area="organization", verdict="unknown", what=what, todo="bootstrap first")]
    above = _denied(results, by_organization=True, what="the organisation denies in this account and region")
    if settings.permissions_boundary:
        # Delivery's policies name the environment's resources, and the simulation asks for all: only who denies from
        # above tells something.
        return above or [_ok("IAM's simulation knows of no denial by the organisation")]
    own = [result for result in results if result["EvalActionName"] in deploys]
    findings = [*above, *_denied(own, by_organization=False, what=_MAY_NOT)]
    return findings or [_ok(f"IAM's simulation allows {role.rpartition('/')[2]} all actions of a deploy")]


def deployed(settings: Settings) -> tuple[str, ...]:
    """CloudFormation's actions for an environment's stacks, one or two for each service."""
    more = DEPLOYS_TRAINED if settings.classifier.trained else ()
    built = DEPLOYS_BUILT if settings.serving.image_build == "codebuild" else ()
    key = DEPLOYS_ENCRYPTED if settings.data.encryption == "kms" else ()
    return (*DEPLOYS, *more, *built, *key)


def _denied(results: list[dict[str, Any]], *, by_organization: bool, what: str) -> list[Finding]:
    """A finding for actions that are certainly denied, and one for those that a condition may still allow."""
    denied = [
        result
        for result in results
        if result["EvalDecision"] != "allowed" and _forbidden_above(result) == by_organization
    ]
    findings = []
    for verdict, sure in (("refused", True), ("warning", False)):
        # A condition on values that only a real call has may change the result.
        named = [item["EvalActionName"] for item in denied if bool(item.get("MissingContextValues")) != sure]
        if named:
            todo = _ASK if by_organization else _BOOTSTRAP
            summary = f"{what}: {', '.join(named)}"
            findings.append(Finding(area="organization", verdict=verdict, what=summary, todo=todo))  # type: ignore[arg-type]
    return findings


def _forbidden_above(result: dict[str, Any]) -> bool:
    return result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False


def _ok(what: str) -> Finding:
    return Finding(area="organization", verdict="ok", what=what)
