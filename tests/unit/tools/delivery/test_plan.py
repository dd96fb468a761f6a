"""Tests that what was approved is what is executed: the plan, its change sets, their templates and their values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from tests.unit.tools.delivery.bucket import Bucket
from tools.delivery import plan
from tools.delivery.assembly import AssemblyStack
from tools.delivery.change_sets import IN_TURN, NOTHING, READY, ChangeSet
from tools.delivery.deployed import StackState
from tools.delivery.errors import USAGE, DeliveryError
from tools.delivery.plan import Planner
from tools.delivery.store import Store

TEMPLATE = {"Parameters": {"Model": {"Type": "String", "Default": "none"}}, "Resources": {"A": {"Type": "T"}}}
NAME = "Rubric-prod-Api"
CHANGE = {"Action": "Modify", "LogicalResourceId": "A", "ResourceType": "T"}


class Account(Bucket):
    """An account with one stack and at most one change set, which takes a look to be made."""

    execution_role = "arn:aws:iam::123456789012:role/cfn-exec"

    def __init__(self) -> None:
        super().__init__()
        self.meta = self
        self.endpoint_url = "https://s3.us-east-1.amazonaws.com"
        self.cloudformation = self
        self.made: dict[str, Any] = {}
        self.asked: dict[str, Any] = {}
        self._looks = 0

    def create_change_set(self, **asked: Any) -> None:
        self.asked = asked
        key = asked["TemplateURL"].partition("/assets/")[2]
        parameters = [{"ParameterKey": "Model", "ParameterValue": "m1"}]
        self.made = {
            "ChangeSetId": f"arn:set/{self._writes}",
            "Status": "CREATE_IN_PROGRESS",
            "ExecutionStatus": "UNAVAILABLE",
            "Changes": [{"ResourceChange": CHANGE}],
            "Parameters": parameters,
            "template": self.objects[key][0].decode(),
        }

    def describe_change_set(self, *, ChangeSetName: str, **_: str) -> dict[str, Any]:
        if ChangeSetName not in ("rubric-d1", self.made.get("ChangeSetId")):
            raise ClientError({"Error": {"Code": "ChangeSetNotFound", "Message": "gone"}}, "DescribeChangeSet")
        answer = dict(self.made)
        self.made |= {"Status": "CREATE_COMPLETE"}
        if self.made["ExecutionStatus"] == "UNAVAILABLE":
            self.made["ExecutionStatus"] = "AVAILABLE"
        return answer

    def delete_change_set(self, **_: str) -> None:
        self.made = {}

    def get_template(self, **_: str) -> dict[str, Any]:
        return {"TemplateBody": self.made["template"]}


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def stack(tmp_path: Path) -> AssemblyStack:
    file = tmp_path / "Api.template.json"
    file.write_text(json.dumps(TEMPLATE))
    return AssemblyStack(NAME, TEMPLATE, "us-east-1", None, None, None, "assets", file=file, tags={"project": "rubric"})


def state(**change: Any) -> StackState:
    parameters = [{"ParameterKey": "Model", "ParameterValue": "m1"}]
    return StackState(NAME, **{"status": "UPDATE_COMPLETE", "parameters": parameters, "template": "{}", **change})


def planned(account: Account, stack: AssemblyStack) -> list[ChangeSet]:
    store = Store(cast(Any, account), prefix="rubric-delivery/Rubric-prod/plan/")
    return Planner(store, "rubric-d1", every=0).all([stack], [state()])


def test_a_plan_keeps_the_values_of_parameters_and_waits_until_the_change_set_is_there(
    account: Account, stack: AssemblyStack
) -> None:
    [made] = planned(account, stack)
    assert (made.kind, made.changes, made.id) == (READY, [CHANGE], "arn:set/1")
    assert account.asked["Parameters"] == [{"ParameterKey": "Model", "UsePreviousValue": True}]
    assert (account.asked["ChangeSetType"], account.asked["RoleARN"]) == ("UPDATE", account.execution_role)
    assert account.asked["Tags"] == [{"Key": "project", "Value": "rubric"}]
    assert [key.startswith("rubric-delivery/Rubric-prod/plan/") for key in account.objects] == [True]


def test_an_approved_plan_is_taken_as_it_was_written(account: Account, stack: AssemblyStack, tmp_path: Path) -> None:
    sets = planned(account, stack)
    digest = plan.keep(tmp_path, sets, digest="d1")
    assert plan.approved(tmp_path, expected=digest, digest="d1", env="prod") == sets
    plan.refuse_changed(account, sets, [stack], [state()])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file.unlink(), "is missing: take it from the job that planned"),
        (lambda file: file.write_text(file.read_text() + " "), "is not the approved plan"),
    ],
)
def test_another_plan_is_refused(change: Callable[[Path], Any], message: str, tmp_path: Path) -> None:
    digest = plan.keep(tmp_path, [], digest="d1")
    change(tmp_path / "plan.json")
    with pytest.raises(DeliveryError, match=message) as refused:
        plan.approved(tmp_path, expected=digest, digest="d1", env="prod")
    assert refused.value.status == USAGE


def test_a_plan_of_another_assembly_is_refused(tmp_path: Path) -> None:
    digest = plan.keep(tmp_path, [], digest="d1")
    with pytest.raises(DeliveryError, match="is of the assembly d1, and d2 is to be deployed"):
        plan.approved(tmp_path, expected=digest, digest="d2", env="prod")


def gone(account: Account) -> None:
    account.made = {}


def obsolete(account: Account) -> None:
    account.made["ExecutionStatus"] = "OBSOLETE"


def planned_again(account: Account) -> None:
    account.made["ChangeSetId"] = "arn:set/other"


def other_changes(account: Account) -> None:
    account.made["Changes"] = [{"ResourceChange": {**CHANGE, "Action": "Remove"}}]


def other_template(account: Account) -> None:
    account.made["template"] = json.dumps({**TEMPLATE, "Resources": {}})


def other_value(account: Account) -> None:
    account.made["Parameters"] = [{"ParameterKey": "Model", "ParameterValue": "mine"}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (gone, "cannot be executed any more, it is gone"),
        (obsolete, "cannot be executed any more, it is OBSOLETE"),
        (planned_again, "cannot be executed any more, it is gone"),
        (other_changes, "is not the one that was shown"),
        (other_template, "has another template than the assembly"),
        (other_value, "gives the parameter Model another value than the stack has"),
    ],
)
def test_a_change_set_that_does_something_else_than_was_shown_is_refused(
    account: Account, stack: AssemblyStack, change: Callable[[Account], None], message: str
) -> None:
    sets = planned(account, stack)
    change(account)
    with pytest.raises(DeliveryError, match=message) as refused:
        plan.refuse_changed(account, sets, [stack], [state()])
    assert refused.value.status == USAGE


def test_a_stack_that_was_not_to_change_and_has_changed_meanwhile_is_refused(
    account: Account, stack: AssemblyStack
) -> None:
    sets = [ChangeSet(NAME, NOTHING)]
    plan.refuse_changed(account, sets, [stack], [state(template=json.dumps(TEMPLATE))])
    with pytest.raises(DeliveryError, match="was not needed, and now is"):
        plan.refuse_changed(account, sets, [stack], [state()])


def test_a_plan_of_other_stacks_is_refused(account: Account, stack: AssemblyStack) -> None:
    with pytest.raises(DeliveryError, match="of other stacks than the assembly's"):
        plan.refuse_changed(account, [], [stack], [state()])


def test_what_is_approved_is_named_by_its_ids() -> None:
    text = plan.summary([ChangeSet(NAME, READY, id="arn:set/1"), ChangeSet("Rubric-prod-New", IN_TURN)], plan="p1")
    assert "Plan `p1`" in text and "- `arn:set/1`" in text and "Rubric-prod-New: made of the same assembly" in text
