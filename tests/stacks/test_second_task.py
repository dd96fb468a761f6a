"""Two tasks in one account: what sentiment deploys has its own words, and no name of what dev deploys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_cdk.assertions import Template

from contracts.api import task
from tests.stacks.conftest import SECOND_TASK, Synthesise, Synthesised

# Properties that name a resource in its account and region (CloudFormation's resource reference).
NAMES = {
    *("AlarmName", "BucketName", "DashboardName", "DomainName", "EndpointConfigName", "EndpointName", "FunctionName"),
    *("GroupName", "KeyName", "LogGroupName", "ModelName", "ModelPackageGroupName", "QueueName", "RepositoryName"),
    *("RoleName", "StateMachineName", "TableName", "TopicName"),
}
# Named within what they belong to.
WITHIN = {"AWS::ApiGatewayV2::Authorizer", "AWS::Lambda::Alias"}


@pytest.fixture(scope="module")
def sentiment(synthesise: Synthesise) -> Synthesised:
    return synthesise(SECOND_TASK)


def variables(synthesised: Synthesised, part: str, function: str) -> dict[str, Any]:
    functions = synthesised.resources(part, "AWS::Lambda::Function")
    [found] = [each for name, each in functions.items() if name.startswith(function)]
    return dict(found["Properties"]["Environment"]["Variables"])


@pytest.mark.parametrize(("part", "function"), [("api", "Site"), ("training", "PipelineGate")])
def test_the_words_reach_what_shows_them(sentiment: Synthesised, dev: Synthesised, part: str, function: str) -> None:
    told = task.decoded(variables(sentiment, part, function)[task.VARIABLE])
    assert told is not None and told.texts_noun == "reviews" and set(told.labels) == {"negativ", "neutral", "positiv"}
    assert task.VARIABLE not in variables(dev, part, function)


def names(synthesised: Synthesised) -> Iterator[str]:
    for resource in synthesised.everything().values():
        if resource["Type"] in WITHIN:
            continue
        properties = resource.get("Properties", {})
        for name, value in properties.items():
            # Anything but a text refers to another resource, or is made of the stack's own name.
            if name in NAMES | {"Name"} and isinstance(value, str):
                yield f"{resource['Type']} {value}"


def test_the_two_share_no_name_and_no_export(sentiment: Synthesised, dev: Synthesised) -> None:
    found = {*names(sentiment)}
    assert len(found) > 10
    assert found & {*names(dev)} == set()
    stacks = [{stack.stack_name for stack in each.all} for each in (sentiment, dev)]
    assert stacks[0].isdisjoint(stacks[1])
    for stack in sentiment.all:
        template = json.dumps(Template.from_stack(stack).to_json())
        assert "rubric-dev" not in template and "Rubric-dev" not in template
