"""The training pipeline: prepare, train, gate, register, promote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.datasets import fold
from contracts.deployment.pipeline import Action, ErrorName, StateName
from stacks.training.machines import states
from stacks.training.machines.model_package import Registration, package
from stacks.training.machines.states import State, States
from stacks.training.machines.training_job import Job, training_job


@dataclass(frozen=True, kw_only=True)
class PipelineParts:
    """What the pipeline calls. promotion_arn: a machine; promote_arn: its function; promotion_execution_arn: an
    execution's ARN up to its name. test_mode: of the A/B test that a model which passed the gate begins with, by the
    function ab_test_arn; "" if it is promoted, or waits for approval, without one. test_retrained_only: whether only a
    run that retraining has started begins a test.
    """

    partition: str
    prepare_arn: str
    gate_arn: str
    promotion_arn: str
    promotion_execution_arn: str
    promote_arn: str
    job: Job
    registration: Registration
    manual_approval: bool
    ab_test_arn: str = ""
    test_mode: str = ""
    test_retrained_only: bool = False


def definition(pipeline: PipelineParts) -> dict[str, Any]:
    """The pipeline's definition."""
    return {
        "Comment": "Trains a model and, if it is good enough, registers and promotes it.",
        "StartAt": StateName.PREPARE,
        "States": {
            **_prepare(pipeline),
            **_train(pipeline),
            **_gate(pipeline),
            **_register(pipeline),
            **(_test(pipeline) if pipeline.test_mode else {}),
            **_promote(pipeline),
        },
    }


def _prepare(pipeline: PipelineParts) -> States:
    parameters = {
        "execution_name.$": "$$.Execution.Name",
        "start_time.$": "$$.Execution.StartTime",
        "input.$": "$$.Execution.Input",
    }
    state = states.call(pipeline.prepare_arn, parameters=parameters, result="$.job", then="Is there anything new?")
    state, failures = states.failing_call(state, prefix="Preparation", error=ErrorName.PREPARATION_FAILED)
    return {
        StateName.PREPARE: state,
        **failures,
        "Is there anything new?": states.choose_if_present(
            "$.job.nothing_new", then=StateName.NOTHING_NEW, otherwise=StateName.TRAIN
        ),
        StateName.NOTHING_NEW: _nothing_new("$.job.nothing_new", {"job_name": ""}),
    }


def _train(pipeline: PipelineParts) -> States:
    train = {
        "Type": "Task",
        "Resource": f"arn:{pipeline.partition}:states:::sagemaker:createTrainingJob.sync",
        "Parameters": training_job(pipeline.job),
        "ResultSelector": {
            "job_arn.$": "$.TrainingJobArn",
        },
        "ResultPath": "$.training",
        "Next": StateName.GATE,
    }
    describe = {
        "Type": "Task",
        "Resource": f"arn:{pipeline.partition}:states:::aws-sdk:sagemaker:describeTrainingJob",
        "Parameters": {"TrainingJobName.$": "$.job.job_name"},
        "ResultPath": "$.described",
        # A job that was never created has no reason; then the call's error is the reason.
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.undescribed", "Next": "No training job"}],
        "Next": "Does the job say why?",
    }
    return {
        StateName.TRAIN: states.caught(train, by="Why training failed"),
        "Why training failed": describe,
        "Does the job say why?": states.choose_if_present(
            "$.described.FailureReason", then="Had it nothing to train on?", otherwise="No training job"
        ),
        # Only the job can fold the ledger, and what came in may all wait for a review: no fault of the run.
        "Had it nothing to train on?": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.described.FailureReason",
                    "StringMatches": f"*{fold.NOTHING_NEW}*",
                    "Next": "The job found nothing new",
                }
            ],
            "Default": "Training failed",
        },
        "The job found nothing new": _nothing_new("$.described.FailureReason", {"job_name.$": "$.job.job_name"}),
        "Training failed": states.fail(ErrorName.TRAINING_FAILED, cause="$.described.FailureReason"),
        "No training job": states.fail(ErrorName.TRAINING_FAILED, cause="$.failure.Cause"),
    }


def _gate(pipeline: PipelineParts) -> States:
    parameters = {
        "job_name.$": "$.job.job_name",
        "champion_uri.$": "$.job.champion_uri",
        "fold.$": "$.job.fold",
        "training": {
            "job_arn.$": "$.training.job_arn",
            "dataset_uri.$": "$.job.dataset_uri",
            "hyperparameters.$": "$.job.hyperparameters",
            "image": pipeline.job.image,
            "instance_type": pipeline.job.instance_type,
            "instance_count": pipeline.job.instance_count,
        },
    }
    state = states.call(pipeline.gate_arn, parameters=parameters, result="$.gate", then="Good enough?")
    state, failures = states.failing_call(state, prefix="Evaluation", error=ErrorName.EVALUATION_FAILED)
    passed = "Is it the first?" if pipeline.manual_approval else StateName.REGISTER
    return {
        StateName.GATE: state,
        **failures,
        "Good enough?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.gate.passed", "BooleanEquals": True, "Next": passed}],
            "Default": "Not good enough",
        },
        "Not good enough": states.fail(ErrorName.GATE_REFUSED, cause="$.gate.reason"),
    }


def _register(pipeline: PipelineParts) -> States:
    refused = {"Registration failed": states.fail(ErrorName.REGISTRATION_FAILED, cause="$.failure.Cause")}
    if not pipeline.manual_approval:
        # The first model has nothing to be tested against.
        first = "Is there a model to test it against?"
        then = first if pipeline.test_mode else StateName.PROMOTE
        choices = [{"Variable": "$.job.champion_uri", "StringEquals": "", "Next": StateName.PROMOTE}]
        if pipeline.test_retrained_only:
            choices.append(_is_not_retrained(then=StateName.PROMOTE))
        asked = {first: {"Type": "Choice", "Choices": choices, "Default": StateName.TEST}}
        return {
            StateName.REGISTER: _package(pipeline, status="Approved", then=then),
            **(asked if pipeline.test_mode else {}),
            **refused,
        }
    return {
        # While nothing serves, there is nothing to protect, and the first deploy waits for a model.
        "Is it the first?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.job.champion_uri", "StringEquals": "", "Next": StateName.REGISTER}],
            "Default": StateName.REGISTER_FOR_APPROVAL,
        },
        StateName.REGISTER: _package(pipeline, status="Approved", then=StateName.PROMOTE),
        StateName.REGISTER_FOR_APPROVAL: _package(pipeline, status="PendingManualApproval", then="Note that it waits"),
        "Note that it waits": _note(pipeline, then=_after_note(pipeline)),
        **_waiting(pipeline),
        **refused,
    }


_WAITS, _IS_RETRAINED = "Waits for approval", "Is it of retraining?"


def _is_not_retrained(*, then: str) -> dict[str, str]:
    return {"Variable": "$.job.decision", "StringEquals": "", "Next": then}


def _after_note(pipeline: PipelineParts) -> str:
    if not pipeline.test_mode:
        return _WAITS
    return _IS_RETRAINED if pipeline.test_retrained_only else StateName.TEST


def _waiting(pipeline: PipelineParts) -> States:
    """The states between the note and a test, if a model may wait for its approval without one."""
    asks, waits = _after_note(pipeline) == _IS_RETRAINED, {_WAITS: _result(promoted=False)}
    choice = {"Type": "Choice", "Choices": [_is_not_retrained(then=_WAITS)], "Default": StateName.TEST}
    if asks:
        return {_IS_RETRAINED: choice, **waits}
    return {} if pipeline.test_mode else waits


def _note(pipeline: PipelineParts, *, then: str) -> State:
    """Record that the package waits for approval, which makes a later approval new; if this fails, the registry's event
    records it."""
    parameters = {"action": Action.WAITING, "model_package_arn.$": "$.package.ModelPackageArn"}
    state = states.call(pipeline.promote_arn, parameters=parameters, result="$.noted", then=then)
    return states.caught(state, by=then)


def _test(pipeline: PipelineParts) -> States:
    """Begin an A/B test of the model. It is registered, so a test that cannot begin now may begin later."""
    parameters = {
        "action": "start",
        "version.$": "$.job.job_name",
        "mode": pipeline.test_mode,
        # A start that is repeated by the same caller is the same test.
        "by.$": "States.Format('training run {}', $$.Execution.Name)",
    }
    state = states.call(pipeline.ab_test_arn, parameters=parameters, result="$.test", then="Has the test begun?")
    # The record of the test is not needed here, and may become large.
    state["ResultSelector"] = {"status.$": "$.status", "reason.$": "$.reason"}
    state, failures = states.failing_call(state, prefix="Start of the test", error=ErrorName.NOT_TESTED)
    sentence = f"$.job.job_name, $.test.reason, $.job.job_name, '{pipeline.test_mode}'"
    form = "{} is registered, but no test of it has begun: {}. To start one later: rubric ab start {} --mode {}"
    return {
        StateName.TEST: state,
        **failures,
        "Has the test begun?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.test.status", "StringEquals": "refused", "Next": "Why it is not tested"}],
            "Default": "Being tested",
        },
        "Why it is not tested": {
            "Type": "Pass",
            "Parameters": {"reason.$": f"States.Format('{form}', {sentence})"},
            "ResultPath": "$.untested",
            "Next": "Not tested",
        },
        "Not tested": states.fail(ErrorName.NOT_TESTED, cause="$.untested.reason"),
        "Being tested": _result(promoted=False, test=pipeline.test_mode),
    }


def _package(pipeline: PipelineParts, *, status: str, then: str) -> State:
    return package(
        pipeline.registration,
        partition=pipeline.partition,
        status=status,
        then=then,
        otherwise="Registration failed",
    )


def _promote(pipeline: PipelineParts) -> States:
    promote = states.run_machine(
        partition=pipeline.partition,
        machine_arn=pipeline.promotion_arn,
        name="$.job.job_name",
        # The verdict is valid while the model that the gate compared it with serves.
        machine_input={
            "artifact_uri.$": "$.gate.artifact_uri",
            "model_package_arn.$": "$.package.ModelPackageArn",
            "champion.$": "$.job.champion_uri",
        },
        result="$.promotion",
        then="Promoted",
    )
    return {
        StateName.PROMOTE: states.caught(promote, by="Why promotion failed"),
        "Why promotion failed": states.describe_execution(
            partition=pipeline.partition,
            arn=f"States.Format('{pipeline.promotion_execution_arn}:{{}}', $.job.job_name)",
            then="Does the promotion say why?",
            otherwise="No promotion",
        ),
        "Does the promotion say why?": states.choose_if_present(
            "$.described.Cause", then="Promotion failed", otherwise="No promotion"
        ),
        "Promotion failed": states.fail(ErrorName.PROMOTION_FAILED, cause="$.described.Cause"),
        "No promotion": states.fail(ErrorName.PROMOTION_FAILED, cause="$.failure.Cause"),
        "Promoted": _result(promoted=True),
    }


def _nothing_new(reason: str, job: dict[str, str]) -> State:
    """End a run that folds the ledger without a model (`NothingNew`). reason: a path. job: with the job's name."""
    parameters = {"nothing_new": True, "promoted": False, "reason.$": reason, **job}
    return {"Type": "Pass", "Parameters": parameters, "End": True}


def _result(*, promoted: bool, **more: str) -> State:
    return {
        "Type": "Pass",
        "Parameters": {
            "model_version.$": "$.job.job_name",
            "artifact_uri.$": "$.gate.artifact_uri",
            "accuracy.$": "$.gate.accuracy",
            "macro_f1.$": "$.gate.macro_f1",
            "reason.$": "$.gate.reason",
            "promoted": promoted,
            **more,
        },
        "End": True,
    }
