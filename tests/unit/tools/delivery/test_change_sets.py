"""Tests which change sets can be made at first, and how they are shown."""

from __future__ import annotations

from tools.delivery.assembly import AssemblyStack
from tools.delivery.change_sets import IN_TURN, NOTHING, READY, ChangeSet, markdown, plannable
from tools.delivery.deployed import StackState


def stack(name: str, *imports: str) -> AssemblyStack:
    return AssemblyStack(name, {}, "us-east-1", None, None, None, "assets", frozenset(imports))


def test_a_stack_that_imports_what_is_not_there_yet_is_planned_in_its_turn() -> None:
    stacks = [stack("Data"), stack("Api", "Data:Table"), stack("Monitoring", "Api:New")]
    states = [StackState("Data", "CREATE_COMPLETE", exports=["Data:Table"]), StackState("Api", "CREATE_COMPLETE")]
    assert plannable(stacks, states) == ["Data", "Api"]
    assert plannable(stacks, []) == ["Data"]


def test_what_would_be_replaced_stands_out() -> None:
    change = {
        "Action": "Modify",
        "LogicalResourceId": "Table",
        "ResourceType": "AWS::DynamoDB::Table",
        "Replacement": "True",
    }
    sets = [ChangeSet("Data", READY, changes=[change]), ChangeSet("Api", NOTHING), ChangeSet("New", IN_TURN)]
    text = markdown(sets, environment="prod", digest="abc")
    assert "| Modify | Table | AWS::DynamoDB::Table | **yes** |" in text
    assert "**Api**: nothing to change." in text
    assert "**New**: made in its turn, since it needs what an earlier stack makes." in text
