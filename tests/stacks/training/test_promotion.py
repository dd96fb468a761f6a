"""Tests what starts a promotion, and the reconciler."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synthesised
from tests.stacks.training.templates import before, environment_of


def test_approval_by_hand_promotes_from_the_registrys_event(prod: Synthesised, dev: Synthesised) -> None:
    rules = prod.resources("training", "AWS::Events::Rule").values()
    heard = [rule["Properties"] for rule in rules if "EventPattern" in rule["Properties"]]
    [approved] = [rule for rule in heard if rule["EventPattern"]["source"] == ["aws.sagemaker"]]
    # For every status: a package's approval is new because the package waited before.
    assert approved["EventPattern"]["detail"] == {"ModelPackageGroupName": ["rubric-prod"]}
    [target] = approved["Targets"]
    assert set(target) == {"Arn", "Id", "RoleArn", "DeadLetterConfig", "RetryPolicy"}
    assert environment_of(prod, "PromotionPromote")["APPROVALS_PATH"] == "/rubric/prod/approvals"
    schedules = {rule["Properties"].get("ScheduleExpression", "") for rule in rules} - {""}
    assert schedules == {"rate(7 days)", "rate(1 minute)", "rate(1 hour)", "rate(1 day)"}
    assert "aws.sagemaker" not in json.dumps(dev.resources("training", "AWS::Events::Rule"))


def test_a_schedule_holds_the_approved_model_to_what_serves(each: Synthesised) -> None:
    rules = each.resources("training", "AWS::Events::Rule")
    [(name, rule)] = [item for item in rules.items() if item[0].startswith("PromotionReconcile")]
    assert rule["Properties"]["ScheduleExpression"] == "rate(1 minute)"
    [target] = rule["Properties"]["Targets"]
    assert json.loads(target["Input"]) == {"action": "settle"}
    assert target["Arn"]["Fn::GetAtt"][0].startswith("PromotionPromoteFunction")
    # On deletion it goes first: it would write the parameter that the cleanup removes.
    [stop] = each.resources("training", "Custom::StopRunning")
    assert stop in before(each, name)
    settings = each.stacks.data.settings
    assert environment_of(each, "PromotionPromote")["PROMOTIONS_PATH"] == settings.promotions_path
    [cleanup] = each.resources("training", "Custom::Cleanup").values()
    assert cleanup["Properties"]["ParameterPaths"] == [settings.approvals_path, settings.promotions_path]
