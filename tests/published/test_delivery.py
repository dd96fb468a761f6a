"""Delivery's policies and the templates fit together: all that CloudFormation calls is allowed, and nothing wider."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest

from delivery.execution import needs, published
from delivery.execution.boundary import environment_boundary, execution_boundary
from delivery.execution.documents import MOST_CHARACTERS, MOST_POLICIES, size
from delivery.execution.policies import execution_policies, names_of
from delivery.execution.scopes import Names
from delivery.execution.templates import Environment as Synthesised
from delivery.execution.unneeded import UNNEEDED, unneeded
from delivery.place import Place
from local_aws.iam import Decision, Request, decide
from tests.published.synthesised.concrete import Resource
from tests.published.synthesised.policies import listed, roles
from tests.published.synthesised.world import Environment, World
from tools.aws_facts import handlers as facts

QUALIFIER = "hnb659fds"
ADMINISTRATOR = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
# Where a policy's resources do not have the environment's name, and why.
UNNAMED = {
    "/tags/*": "API Gateway names what is tagged by the path of its ARN",
    "/apis": "an API has an id of API Gateway's, and what is below it has no tags",
    "/apis/*": "an API has an id of API Gateway's, and what is below it has no tags",
    ":event-source-mapping:*": "a mapping has an id of Lambda's",
    ":code-signing-config:*": "only read: a function has none here",
    ":scalable-target/*": "a target has an id of Application Auto Scaling's",
    ":model/*": "CloudFormation makes the name; tags tell ours, where it is changed",
    ":endpoint-config/*": "CloudFormation makes the name; tags tell ours, where it is changed",
    ":*/*": "what makes up a network has ids of EC2's; tags tell ours, where it is changed",
    ":key/*": "a key has an id of KMS's; its tags tell ours",
    ":billingview/*": "only read: the view of costs is the account's",
    ":hostedzone/*": "the zones of interface endpoints are AWS's",
    ":vpc/*": "only associated with such a zone; Route 53 knows no tags of it",
    ":role/aws-service-role/*": "roles of AWS's own services, whose policies are AWS's",
    ":layer:MongoDbLayer*": "CloudFormation makes a layer's name of its logical id alone",
    ":cluster-pg:default*": "the parameters of DocumentDB's own, which a cluster without others has",
    ":og:default*": "RDS's default options, which a call for a cluster names",
    ":pg:default*": "RDS's default parameters, which a call for an instance names",
    f":cdk-{QUALIFIER}-assets-*": "the functions' code, as bootstrap keeps it",
}
# Actions of a resource's handlers on something that it names.
ELSEWHERE = ("lambda:GetCodeSigningConfig", "lambda:GetLayerVersion")


def as_delivered(environment: Environment) -> Synthesised:
    """An environment as the delivery app has it, with a boundary."""
    settings = environment.settings.model_copy(
        update={"permissions_boundary": f"{environment.settings.prefix}-boundary"}
    )
    return Synthesised(settings=settings, templates=environment.templates)


def place_of(environment: Environment) -> Place:
    account = environment.account
    return Place(partition=account.partition, account=account.account, qualifier=QUALIFIER)


@cache
def policies_of(environment: Environment) -> tuple[dict[str, Any], ...]:
    return tuple(execution_policies([as_delivered(environment)], place=place_of(environment)))


def names(environment: Environment) -> Names:
    return names_of(as_delivered(environment), place=place_of(environment))


@cache
def boundary_of(environment: Environment) -> dict[str, Any]:
    found = json.dumps(environment_boundary(as_delivered(environment), names=names(environment)))
    account = environment.account
    pseudo = {"AccountId": account.account, "Partition": account.partition, "Region": account.region}
    for name, value in pseudo.items():
        found = found.replace(f"${{AWS::{name}}}", value)
    document: dict[str, Any] = json.loads(found)
    return document


@cache
def bounding(environment: Environment) -> dict[str, Any]:
    """The boundary of CloudFormation's own role."""
    return execution_boundary(list(policies_of(environment)), boundaries=[names(environment).boundary])


@cache
def schema_actions() -> dict[str, list[str]]:
    """What each type's handlers call, from CloudFormation's schemas themselves."""
    return {kind: facts._handlers(schema) for kind, schema in facts._schemas().items()}


def needed(environment: Environment) -> Iterator[tuple[str, Resource, str]]:
    """(type, resource, action) of every resource of an environment, and of what its handlers call."""
    delivered = as_delivered(environment)
    definitions: dict[str, list[dict[str, Any]]] = {}
    for _, definition in delivered.resources():
        definitions.setdefault(definition["Type"], []).append(definition)
    for resource in environment.account.resources():
        for action in schema_actions().get(resource.type, ()):
            if not unneeded(resource.type, action, definitions[resource.type]):
                yield resource.type, resource, action


def target(resource: Resource, action: str) -> str | None:
    """The ARN on which an action is called; None where only CloudFormation knows it."""
    if action in published.without_resources():
        return "*"
    if action == "iam:PassRole":
        roles_ = ("Role", "RoleArn", "ExecutionRoleArn", "ServiceRole", "RoleARN")
        return next((str(resource.properties[key]) for key in roles_ if key in resource.properties), None)
    arn = resource.arn
    own = arn is not None and arn.split(":")[2] == action.partition(":")[0]
    return arn if own and action not in ELSEWHERE else None


def context(environment: Environment, *, boundary: str | None = None) -> dict[str, str]:
    settings = environment.settings
    tags = {"project": settings.project, "environment": settings.name}
    found = {f"aws:{where}tag/{key}": value for where in ("request", "resource") for key, value in tags.items()}
    return {**found, "iam:permissionsboundary": boundary or names(environment).boundary}


def may(documents: Sequence[Any], action: str, resource: str | None, keys: dict[str, str]) -> bool:
    return decide(documents, Request(action, resource, keys)) is Decision.ALLOWED


def test_everything_that_cloudformation_calls_is_allowed(world: World) -> None:
    found = set()
    for environment in world:
        keys = context(environment)
        for kind, resource, action in needed(environment):
            passed = {
                "iam:passedtoservice": "lambda.amazonaws.com",
                "iam:awsservicename": "replication.dynamodb.amazonaws.com",
            }
            probed = action.replace("*", "Table")
            both = ([*policies_of(environment)], [bounding(environment)])
            if not all(may(documents, probed, target(resource, action), {**keys, **passed}) for documents in both):
                found.add(f"{kind}: {action} on {target(resource, action)}")
    assert sorted(found) == []


def test_every_type_of_a_template_has_known_handlers(world: World) -> None:
    for environment in world:
        for kind, actions in needs.actions(as_delivered(environment)).items():
            assert actions, kind


def test_the_shipped_facts_are_those_of_the_pinned_packages() -> None:
    assert facts.TARGET.read_text("utf-8") == facts.render()


def test_nothing_is_allowed_that_no_handler_calls(world: World) -> None:
    documented = {action for actions in needs._OLDER.values() for action in actions}
    documented |= {action for actions in needs._BESIDE.values() for action in actions}
    documented |= {"lambda:InvokeFunction", "ssm:GetParameters"}
    for environment in world:
        types = {resource.type for resource in environment.account.resources()}
        called = {action for kind in types for action in schema_actions().get(kind, ())}
        for statement in statements(environment):
            assert set(statement["Action"]) <= called | documented


def statements(environment: Environment) -> Iterator[dict[str, Any]]:
    for policy in policies_of(environment):
        yield from policy["Statement"]


def test_what_is_allowed_is_the_environments_own_or_says_why_not(world: World) -> None:
    for environment in world:
        settings = environment.settings
        own = (
            settings.stack_name(""),
            settings.prefix,
            f"/{settings.project}/{settings.name}/",
            *names(environment).secrets,
        )
        for statement in statements(environment):
            if statement["Resource"] == ["*"]:
                alone = set(statement["Action"]) - published.without_resources()
                assert alone <= {"cloudwatch:GetMetricData", "cloudwatch:PutMetricData"}, statement
                continue
            for resource in statement["Resource"]:
                named = any(each in resource for each in own)
                assert named or any(fnmatchcase(resource, f"*{end}") for end in UNNAMED), resource


def test_what_changes_a_resource_without_a_name_asks_for_its_tags(world: World) -> None:
    """Where IAM has tags: models, endpoint configurations and keys."""
    for environment in world:
        for statement in statements(environment):
            untagged = ("tag/" not in json.dumps(statement.get("Condition", {})).lower()) and any(
                resource.endswith((":model/*", ":endpoint-config/*", ":key/*")) for resource in statement["Resource"]
            )
            assert not untagged or set(statement["Action"]) == {"sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"}


def test_no_resource_of_another_can_be_changed(world: World) -> None:
    dev = world["dev"]
    account = f"{dev.settings.region}:{dev.account.account}"
    others = {
        "dynamodb:DeleteTable": f"arn:aws:dynamodb:{account}:table/Rubric-prod-Data-RequestLogTable",
        "lambda:UpdateFunctionCode": f"arn:aws:lambda:{account}:function:another",
        "s3:PutBucketPolicy": "arn:aws:s3:::another",
        "iam:PutRolePolicy": f"arn:aws:iam::{dev.account.account}:role/Rubric-Delivery-DeployRoleDev",
        "iam:UpdateAssumeRolePolicy": f"arn:aws:iam::{dev.account.account}:role/cdk-{QUALIFIER}-deploy-role",
        "sagemaker:DeleteEndpoint": f"arn:aws:sagemaker:{account}:endpoint/another",
        "logs:DeleteLogGroup": f"arn:aws:logs:{account}:log-group:another",
    }
    for action, resource in others.items():
        assert not may(policies_of(dev), action, resource, context(dev)), action


@pytest.mark.parametrize(
    "action",
    ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"],
)
def test_no_role_is_made_without_its_environments_boundary(world: World, action: str) -> None:
    dev = world["dev"]
    role = f"arn:aws:iam::{dev.account.account}:role/Rubric-dev-Api-ClassifyRole"
    without = {key: value for key, value in context(dev).items() if key != "iam:permissionsboundary"}
    another = context(dev, boundary=f"arn:aws:iam::{dev.account.account}:policy/another")
    assert may(policies_of(dev), action, role, context(dev))
    for documents in (policies_of(dev), [ADMINISTRATOR, bounding(dev)]):
        assert not may(documents, action, role, without)
        assert not may(documents, action, role, another)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:DeleteRolePermissionsBoundary", "role/Rubric-dev-Api-ClassifyRole"),
        ("iam:CreatePolicyVersion", "policy/rubric-dev-boundary"),
        ("iam:SetDefaultPolicyVersion", "policy/rubric-dev-boundary"),
        ("iam:DeletePolicy", "policy/rubric-dev-boundary"),
        ("iam:CreateUser", "user/rubric"),
        ("iam:CreateAccessKey", "user/rubric"),
        ("iam:UpdateOpenIDConnectProviderThumbprint", "oidc-provider/token.actions.githubusercontent.com"),
        ("sts:AssumeRole", "role/administrator"),
    ],
)
def test_a_deploy_changes_no_boundary_and_makes_no_other_identity(world: World, action: str, resource: str) -> None:
    """Whatever policies it has: its own boundary does not allow it, nor does the environment's."""
    dev = world["dev"]
    arn = f"arn:aws:iam::{dev.account.account}:{resource}"
    for document in (*policies_of(dev), bounding(dev), boundary_of(dev)):
        assert not may([document], action, arn, context(dev))


def test_no_role_is_passed_to_a_service_that_runs_under_none(world: World) -> None:
    dev = world["dev"]
    role = f"arn:aws:iam::{dev.account.account}:role/Rubric-dev-Api-ClassifyRole"
    for service, expected in (("lambda.amazonaws.com", True), ("ec2.amazonaws.com", False)):
        keys = {**context(dev), "iam:passedtoservice": service}
        assert may(policies_of(dev), "iam:PassRole", role, keys) is expected


def test_every_role_may_still_do_its_work_within_the_boundary(world: World) -> None:
    found = set()
    for environment in world:
        keys = {**context(environment), "iam:passedtoservice": "sagemaker.amazonaws.com"}
        for role in roles(environment.account).values():
            for grant in role.grants:
                probed = grant.resource.replace("*", "x") if grant.resource != "*" else "*"
                if not may([boundary_of(environment)], grant.action, probed, keys):
                    found.add(f"{environment.name} {role.name}: {grant.action} on {grant.resource}")
    assert sorted(found) == []


def test_the_boundary_has_nothing_that_no_role_has(world: World) -> None:
    for environment in world:
        granted = {grant.action for role in roles(environment.account).values() for grant in role.grants}
        allowed = {action for part in boundary_of(environment)["Statement"] for action in listed(part["Action"])}
        assert allowed == granted
        assert {action for action in allowed if action.startswith(("iam:", "sts:"))} <= {"iam:PassRole"}


def test_the_boundary_reaches_no_resource_of_another(world: World) -> None:
    dev = world["dev"]
    account = f"{dev.settings.region}:{dev.account.account}"
    others = {
        "dynamodb:Scan": f"arn:aws:dynamodb:{account}:table/Rubric-prod-Data-RequestLogTable",
        "s3:GetObject": "arn:aws:s3:::another/key",
        "secretsmanager:GetSecretValue": f"arn:aws:secretsmanager:{account}:secret:another",
        "ssm:PutParameter": f"arn:aws:ssm:{account}:parameter/rubric/prod/approved-model",
    }
    for action, resource in others.items():
        assert not may([boundary_of(dev)], action, resource, context(dev)), action


def test_every_document_is_within_iams_limits(world: World) -> None:
    for environment in world:
        found = [*policies_of(environment), boundary_of(environment), bounding(environment)]
        assert [each for each in found if size(each) > MOST_CHARACTERS] == []
        assert len(policies_of(environment)) <= MOST_POLICIES
        # IAM's own count: without white space.
        text = json.dumps(policies_of(environment)[0])
        assert size(policies_of(environment)[0]) == len("".join(text.split()))


def test_dev_and_prod_fit_into_one_account(world: World) -> None:
    both = [world["dev"], world["prod"]]
    place = place_of(both[0])
    assert len(execution_policies([as_delivered(each) for each in both], place=place)) <= 4


def test_what_is_left_out_names_keys_or_a_reason() -> None:
    assert [each for each in UNNEEDED if not each.unless and len(each.because.split()) < 5] == []


def test_what_is_left_out_is_called_for_something_by_a_schema() -> None:
    """A rule that fits no action of its type's is a mistake."""
    for each in UNNEEDED:
        for pattern in each.actions:
            actions = schema_actions()[each.type]
            assert any(fnmatchcase(action, pattern) for action in actions), (each.type, pattern)
