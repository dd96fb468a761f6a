"""The state machines' definitions, without the CDK: they hold together and carry reasons, arguments and retries."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from stacks.machines import first_model, promotion, training
from tests.stacks.machine import problems, reached

JOB = training.Job(
    image="image",
    role_arn="role",
    instance_type="ml.c7i.large",
    instance_count=1,
    encrypt_traffic=True,
    volume_gb=30,
    max_runtime_seconds=600,
    spot=False,
    tags={"b": "2", "a": "1"},
    key_arn=None,
    volume_key_arn=None,
)
PIPELINE = training.Pipeline(
    partition="aws",
    prepare_arn="prepare",
    gate_arn="gate",
    promotion_arn="promotion",
    promotion_execution_arn="arn:aws:states:r:1:execution:promotion",
    promote_arn="promote",
    job=JOB,
    registration=training.Registration(
        group="group",
        image="serving",
        inference_instance_types=["ml.c7i.large"],
        transform_instance_types=["ml.m5.large"],
    ),
    manual_approval=False,
)
AUTOMATIC = training.definition(PIPELINE)
MANUAL = training.definition(replace(PIPELINE, manual_approval=True))
PATIENCE = promotion.Patience(rollout_seconds=4200, poll_seconds=7)
PROMOTION = promotion.definition(promote_arn="promote", patience=PATIENCE)
FIRST = first_model.definition(
    partition="aws",
    pipeline_arn="pipeline",
    pipeline_execution_arn="arn:aws:states:r:1:execution:pipeline",
    first_model_arn="first",
)


@pytest.mark.parametrize(
    "definition", [AUTOMATIC, MANUAL, PROMOTION, FIRST], ids=["automatic", "manual", "promotion", "first"]
)
def test_a_definition_holds_together(definition: dict[str, Any]) -> None:
    assert problems(definition) == []


def test_a_model_that_the_gate_refuses_is_neither_registered_nor_promoted() -> None:
    refused = AUTOMATIC["States"]["Good enough?"]["Default"]
    assert reached(AUTOMATIC, start=refused) == {refused}
    assert AUTOMATIC["States"][refused] == {"Type": "Fail", "Error": "GateRefused", "CausePath": "$.gate.reason"}


def test_a_failed_job_ends_with_the_jobs_own_reason() -> None:
    states = AUTOMATIC["States"]
    [catch] = states["Train"]["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"]
    described = states[catch["Next"]]
    assert described["Resource"].endswith("aws-sdk:sagemaker:describeTrainingJob")
    assert states["Training failed"]["CausePath"] == "$.described.FailureReason"


def test_automatic_approval_registers_as_approved_and_promotes() -> None:
    register = AUTOMATIC["States"]["Register"]
    assert register["Parameters"]["ModelApprovalStatus"] == "Approved"
    assert register["Next"] == "Promote"
    assert "Register for approval" not in AUTOMATIC["States"]


def test_by_hand_only_the_very_first_model_is_approved_at_once() -> None:
    states = MANUAL["States"]
    assert states["Good enough?"]["Choices"][0]["Next"] == "Is it the first?"
    first = states["Is it the first?"]
    assert first["Choices"] == [{"Variable": "$.job.champion_uri", "StringEquals": "", "Next": "Register"}]
    waiting = states[first["Default"]]
    assert waiting["Parameters"]["ModelApprovalStatus"] == "PendingManualApproval"
    assert "Promote" not in reached(MANUAL, start=first["Default"])


def test_that_a_model_waits_is_noted_and_a_failure_of_that_is_no_failure() -> None:
    noted = MANUAL["States"][MANUAL["States"]["Register for approval"]["Next"]]
    assert noted["Resource"] == "promote"
    assert noted["Parameters"] == {"action": "waiting", "model_package_arn.$": "$.package.ModelPackageArn"}
    assert noted["Next"] == noted["Catch"][0]["Next"] == "Waits for approval"


def test_the_package_has_its_image_artifact_figures_and_metadata() -> None:
    parameters = AUTOMATIC["States"]["Register"]["Parameters"]
    [container] = parameters["InferenceSpecification"]["Containers"]
    assert container == {"Image": "serving", "ModelDataUrl.$": "$.gate.artifact_uri"}
    assert parameters["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri.$"] == "$.gate.evaluation_uri"
    assert parameters["CustomerMetadataProperties.$"] == "$.gate.metadata"
    assert parameters["ModelCard"] == {"ModelCardContent.$": "$.gate.model_card", "ModelCardStatus": "PendingReview"}


def test_the_gate_is_told_what_the_card_says_of_the_job() -> None:
    states = AUTOMATIC["States"]
    assert states["Train"]["ResultSelector"]["job_arn.$"] == "$.TrainingJobArn"
    assert states["Gate"]["Parameters"]["training"] == {
        "job_arn.$": "$.training.job_arn",
        "dataset_uri.$": "$.job.dataset_uri",
        "hyperparameters.$": "$.job.hyperparameters",
        "image": "image",
        "instance_type": "ml.c7i.large",
        "instance_count": 1,
    }


def test_a_training_job_is_what_the_settings_say() -> None:
    request = training.training_job(JOB)
    assert request["ResourceConfig"] == {"InstanceType": "ml.c7i.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert request["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert "CheckpointConfig" not in request
    assert "EnableManagedSpotTraining" not in request
    assert "EnableInterContainerTrafficEncryption" not in request


@pytest.mark.parametrize("encrypt", [True, False])
def test_several_instances_encrypt_their_traffic_where_that_is_set(encrypt: bool) -> None:
    request = training.training_job(replace(JOB, instance_count=4, encrypt_traffic=encrypt))
    assert request["ResourceConfig"]["InstanceCount"] == 4
    assert request["EnableInterContainerTrafficEncryption"] is encrypt


def test_on_spare_capacity_a_job_keeps_checkpoints_and_may_wait() -> None:
    request = training.training_job(replace(JOB, spot=True))
    assert request["EnableManagedSpotTraining"] is True
    assert request["CheckpointConfig"] == {"S3Uri.$": "$.job.checkpoint_uri", "LocalPath": "/opt/ml/checkpoints"}
    assert request["StoppingCondition"]["MaxWaitTimeInSeconds"] == 1200


def test_keys_encrypt_the_output_and_the_volume() -> None:
    request = training.training_job(replace(JOB, key_arn="key", volume_key_arn="volume"))
    assert request["OutputDataConfig"]["KmsKeyId"] == "key"
    assert request["ResourceConfig"]["VolumeKmsKeyId"] == "volume"


def test_the_metric_definitions_keep_sagemakers_rules() -> None:
    definitions = training.training_job(JOB)["AlgorithmSpecification"]["MetricDefinitions"]
    assert len(definitions) <= 40
    for definition in definitions:
        assert len(definition["Regex"]) <= 500
        assert re.compile(definition["Regex"]).groups == 1


def test_promotion_takes_an_artifact_or_looks_up_an_event() -> None:
    states = PROMOTION["States"]
    assert states["Which model?"]["Choices"][0] == {"Variable": "$.artifact_uri", "IsPresent": True, "Next": "Start"}
    look_up = states[states["Which model?"]["Default"]]
    assert look_up["Parameters"] == {"action": "resolve", "event.$": "$", "execution.$": "$$.Execution.Id"}
    approved = states[look_up["Next"]]
    assert approved["Choices"] == [{"Variable": "$.artifact_uri", "IsPresent": True, "Next": "Start"}]
    assert states[approved["Default"]] == {"Type": "Succeed"}


@pytest.mark.parametrize("rollout_seconds", [3600, 4200, 10800])
@pytest.mark.parametrize("state", ["Start", "Take it back"])
def test_promotion_outlasts_an_update_of_the_stack_that_rolls_back_at_its_very_end(
    rollout_seconds: int, state: str
) -> None:
    patience = promotion.Patience(rollout_seconds=rollout_seconds, poll_seconds=30)
    busy = promotion.definition(promote_arn="promote", patience=patience)["States"][state]["Retry"][0]
    assert busy["ErrorEquals"] == ["StackBusy"]
    waits = [
        min(busy["MaxDelaySeconds"], busy["IntervalSeconds"] * busy["BackoffRate"] ** n)
        for n in range(busy["MaxAttempts"])
    ]
    assert 2 * rollout_seconds + 900 <= sum(waits) < 2 * rollout_seconds + 1000
    assert patience.timeout_seconds >= 3 * sum(waits) - 300
    # Step Functions ends an execution at 25,000 events; a try or a look is at most 10.
    assert 10 * (2 * len(waits) + 2 * patience.update_seconds / patience.poll_seconds) < 25_000


@pytest.mark.parametrize("definition", [AUTOMATIC, MANUAL, PROMOTION, FIRST])
def test_what_retries_everything_comes_last(definition: dict[str, Any]) -> None:
    for name, state in definition["States"].items():
        for retry in state.get("Retry", [])[:-1]:
            assert "States.ALL" not in retry["ErrorEquals"], name


def test_a_promotion_is_given_what_the_gate_compared_the_model_with() -> None:
    for definition in (AUTOMATIC, MANUAL):
        given = definition["States"]["Promote"]["Parameters"]["Input"]
        assert given["champion.$"] == definition["States"]["Gate"]["Parameters"]["champion_uri.$"]
    assert PROMOTION["States"]["Start"]["Parameters"] == {
        "action": "start",
        "execution.$": "$$.Execution.Id",
        "input.$": "$",
    }


def test_a_start_that_failed_or_whose_answer_was_lost_is_looked_after() -> None:
    states = PROMOTION["States"]
    assert states["Start"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Let go"}]
    after = states[states["Let go"]["Next"]]
    assert {choice["StringEquals"]: choice["Next"] for choice in after["Choices"]} == {
        "done": "Serving",
        "failed": "Rollout failed",
    }
    assert after["Default"] == "Wait"


def test_a_rollout_is_watched_until_it_ends() -> None:
    states = PROMOTION["States"]
    assert states["Wait"] == {"Type": "Wait", "Seconds": 7, "Next": "Check"}
    choices = {choice["StringEquals"]: choice["Next"] for choice in states["Is it done?"]["Choices"]}
    assert choices == {"done": "Serving", "failed": "Take it back"}
    assert states["Is it done?"]["Default"] == "Wait"


def test_a_failed_rollout_takes_the_model_back_and_ends_with_the_reason() -> None:
    states = PROMOTION["States"]
    revert = states["Take it back"]
    assert revert["Parameters"] == {
        "action": "revert",
        "execution.$": "$$.Execution.Id",
        "reason.$": "$.check.reason",
    }
    [goes_on] = states[revert["Next"]]["Choices"]
    assert states[states[revert["Next"]]["Default"]] == {
        "Type": "Fail",
        "Error": "RolledBack",
        "CausePath": "$.check.reason",
    }
    assert (goes_on["Variable"], goes_on["StringEquals"]) == ("$.reverted.status", "updating")
    check = states[states[goes_on["Next"]]["Next"]]
    ends = {choice["StringEquals"]: choice["Next"] for choice in states[check["Next"]]["Choices"]}
    assert ends == {"done": "Rolled back", "failed": "Not rolled back"}
    assert states[check["Next"]]["Default"] == goes_on["Next"]
    assert states["Not rolled back"] == {"Type": "Fail", "Error": "NotRolledBack", "CausePath": "$.back.reason"}


def test_cloudformation_is_answered_however_the_first_training_ends() -> None:
    states = FIRST["States"]
    for end, state in states.items():
        if state["Type"] in ("Succeed", "Fail"):
            before = [name for name, other in states.items() if other.get("Next") == end]
            assert [states[name]["Resource"] for name in before] == ["first"], end
    assert states["There is a model"]["Parameters"]["status"] == "SUCCESS"
    assert states["Answer with the reason"]["Parameters"]["reason.$"] == "$.described.Cause"
    assert states["Answer with the error"]["Parameters"]["status"] == "FAILED"
