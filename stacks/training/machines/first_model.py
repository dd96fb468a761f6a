"""The first deploy's model: run the pipeline, then answer the CloudFormation resource that waits for it."""

from __future__ import annotations

from typing import Any

from contracts.deployment.pipeline import ErrorName
from stacks.training.machines import states

# Otherwise CloudFormation would wait for the full hour.
_INSIST = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "BackoffRate": 2, "MaxAttempts": 5}


def definition(
    *, partition: str, pipeline_arn: str, pipeline_execution_arn: str, first_model_arn: str
) -> dict[str, Any]:
    """The machine's definition. Input: `{"respond": {the custom resource event's fields}}`."""
    run = states.run_machine(
        partition=partition,
        machine_arn=pipeline_arn,
        name="$$.Execution.Name",
        machine_input={},
        result="$.pipeline",
        then="There is a model",
    )
    return {
        "Comment": "Trains the environment's first model while CloudFormation waits.",
        "StartAt": "Train",
        "States": {
            "Train": states.caught(run, by="Why there is none"),
            "There is a model": _answer(
                first_model_arn, status="SUCCESS", reason={"reason": "A model is approved."}, then="Done"
            ),
            "Why there is none": states.describe_execution(
                partition=partition,
                arn=f"States.Format('{pipeline_execution_arn}:{{}}', $$.Execution.Name)",
                then="Does the pipeline say why?",
                otherwise="Answer with the error",
            ),
            "Does the pipeline say why?": states.choose_if_present(
                "$.described.Cause", then="Answer with the reason", otherwise="Answer with the error"
            ),
            "Answer with the reason": _answer(
                first_model_arn,
                status="FAILED",
                reason={"reason.$": "$.described.Cause"},
                then="No model, with a reason",
            ),
            "Answer with the error": _answer(
                first_model_arn, status="FAILED", reason={"reason.$": "$.failure.Cause"}, then="No model"
            ),
            "No model, with a reason": states.fail(ErrorName.NO_FIRST_MODEL, cause="$.described.Cause"),
            "No model": states.fail(ErrorName.NO_FIRST_MODEL, cause="$.failure.Cause"),
            "Done": {"Type": "Succeed"},
        },
    }


def _answer(arn: str, *, status: str, reason: dict[str, str], then: str) -> states.State:
    parameters = {"respond.$": "$.respond", "status": status, **reason}
    return states.call(arn, parameters=parameters, result="$.answered", then=then, retry=[_INSIST])
