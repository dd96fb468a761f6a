"""Tests the Training stack: its machines, the first deploy's wait, and the order of its resources."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synthesised
from tests.stacks.training.machines.reading import problems
from tests.stacks.training.templates import REFERENCE, before, definitions


def test_there_are_four_machines_that_log_trace_and_hold_together(each: Synthesised) -> None:
    prefix = each.stacks.data.settings.prefix
    found = definitions(each)
    assert set(found) == {f"{prefix}-{name}" for name in ("training", "promotion", "first-model", "retraining")}
    assert [problem for definition in found.values() for problem in problems(definition)] == []
    for machine in each.resources("training", "AWS::StepFunctions::StateMachine").values():
        assert machine["Properties"]["LoggingConfiguration"]["Level"] == "ALL"
        assert machine["Properties"]["TracingConfiguration"] == {"Enabled": True}


def test_the_parameter_is_nobodys_resource(each: Synthesised) -> None:
    assert each.everything("AWS::SSM::Parameter") == {}


def test_the_first_model_comes_last_and_waits_an_hour_at_most(each: Synthesised) -> None:
    [first] = each.resources("training", "Custom::FirstModel").values()
    assert first["Properties"]["ServiceTimeout"] == "3600"
    machines = set(each.resources("training", "AWS::StepFunctions::StateMachine"))
    assert machines & set(first["DependsOn"]) >= {name for name in machines if name.startswith("PipelineMachine")}
    assert first["Properties"]["StateMachineArn"]["Ref"].startswith("FirstModelRunner")


def test_on_deletion_machines_stop_before_what_they_made_is_removed(each: Synthesised) -> None:
    [(cleanup, resource)] = each.resources("training", "Custom::Cleanup").items()
    [group] = each.resources("training", "AWS::SageMaker::ModelPackageGroup")
    assert group in resource["DependsOn"]
    settings = each.stacks.data.settings
    assert resource["Properties"]["ModelPackageGroup"] == settings.prefix
    for jobs in ("TrainingJobPrefix", "TransformJobPrefix"):
        assert resource["Properties"][jobs] == f"{settings.prefix}-"
    assert resource["Properties"]["Parameters"] == [settings.approved_model_parameter]
    for name, machine in each.resources("training", "AWS::StepFunctions::StateMachine").items():
        if not name.startswith("FirstModel"):
            assert cleanup in machine["DependsOn"], name


def test_on_deletion_what_starts_executions_goes_then_what_runs_is_stopped_then_the_machines_go(
    each: Synthesised,
) -> None:
    [(stop, resource)] = each.resources("training", "Custom::StopRunning").items()
    machines = each.resources("training", "AWS::StepFunctions::StateMachine")
    assert before(each, stop) >= set(machines)
    rules = each.resources("training", "AWS::Events::Rule").items()
    starting = [name for name, rule in rules if set(REFERENCE.findall(json.dumps(rule["Properties"]))) & set(machines)]
    # The rule of `retraining.check_hours` and, in prod, those of `training.schedule` and of approvals.
    assert len(starting) == (3 if each.stacks.data.settings.name == "prod" else 1)
    for starter in (*each.resources("training", "Custom::FirstModel"), *starting):
        assert stop in before(each, starter), starter
    # Its function and permissions are there for as long as it is.
    assert before(each, stop) >= {name for name in each.resources("training") if name.startswith("CleanupHandler")}
    named = [json.dumps(arn).split("stateMachine:")[1].strip('"]} ') for arn in resource["Properties"]["StateMachines"]]
    assert sorted(named) == sorted(machine["Properties"]["StateMachineName"] for machine in machines.values())
    assert resource["Properties"]["RunningJobPrefix"] == f"{each.stacks.data.settings.prefix}-"
