"""Tests the training machine: training, gate, registration, and the reasons with which it ends."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from stacks.training.machines.training_job import training_job
from tests.stacks.training.machines.definitions import (
    AUTOMATIC,
    JOB,
    MANUAL,
    RETRAINED,
    RETRAINED_BY_HAND,
    TESTED,
    TESTED_BY_HAND,
)
from tests.stacks.training.machines.reading import reached


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


def test_a_run_with_nothing_new_ends_well_and_without_a_job() -> None:
    states = AUTOMATIC["States"]
    assert states["Prepare"]["Next"] == "Is there anything new?"
    asked = states["Is there anything new?"]
    assert asked["Choices"] == [{"Variable": "$.job.nothing_new", "IsPresent": True, "Next": "Nothing new"}]
    assert asked["Default"] == "Train"
    ended = {"nothing_new": True, "promoted": False, "reason.$": "$.job.nothing_new", "job_name": ""}
    assert states["Nothing new"] == {"Type": "Pass", "Parameters": ended, "End": True}


def test_a_job_that_finds_nothing_new_is_no_failure_of_the_run() -> None:
    states = AUTOMATIC["States"]
    asked = states[states["Does the job say why?"]["Choices"][0]["Next"]]
    [choice] = asked["Choices"]
    assert choice["StringMatches"] == "*Nothing new to train on*"
    assert states[choice["Next"]]["Parameters"]["reason.$"] == choice["Variable"] == "$.described.FailureReason"
    assert asked["Default"] == "Training failed"


def test_the_gate_is_told_which_version_the_job_was_to_make() -> None:
    assert AUTOMATIC["States"]["Gate"]["Parameters"]["fold.$"] == "$.job.fold"


def test_automatic_approval_registers_as_approved_and_promotes() -> None:
    register = AUTOMATIC["States"]["Register"]
    assert register["Parameters"]["ModelApprovalStatus"] == "Approved"
    assert register["Next"] == "Promote"
    assert "Register for approval" not in AUTOMATIC["States"]


def test_a_new_model_is_tested_instead_of_promoted_unless_it_is_the_first() -> None:
    states = TESTED["States"]
    asked = states[states["Register"]["Next"]]
    assert asked["Choices"] == [{"Variable": "$.job.champion_uri", "StringEquals": "", "Next": "Promote"}]
    assert states["Register"]["Parameters"]["ModelApprovalStatus"] == "Approved"
    started = states[asked["Default"]]
    assert started["Resource"] == "ab_test"
    assert started["Parameters"] == {
        "action": "start",
        "version.$": "$.job.job_name",
        "mode": "replay",
        "by.$": "States.Format('training run {}', $$.Execution.Name)",
    }
    assert "Promote" not in reached(TESTED, start=asked["Default"])
    assert states["Being tested"]["Parameters"]["test"] == "replay"
    assert states["Being tested"]["Parameters"]["promoted"] is False


def test_by_hand_a_new_model_waits_for_approval_and_is_tested_meanwhile() -> None:
    states = TESTED_BY_HAND["States"]
    noted = states[states["Register for approval"]["Next"]]
    assert noted["Parameters"]["action"] == "waiting"
    assert noted["Next"] == noted["Catch"][0]["Next"] == "Test"
    assert states["Register"]["Next"] == "Promote"


@pytest.mark.parametrize(
    ("definition", "asks", "otherwise"),
    [
        (RETRAINED, "Is there a model to test it against?", "Promote"),
        (RETRAINED_BY_HAND, "Is it of retraining?", "Waits for approval"),
    ],
)
def test_a_model_that_a_person_has_trained_may_go_its_way_without_a_test(
    definition: Any, asks: str, otherwise: str
) -> None:
    states = definition["States"]
    assert {"Variable": "$.job.decision", "StringEquals": "", "Next": otherwise} in states[asks]["Choices"]
    assert states[asks]["Default"] == "Test"
    assert reached(definition) == set(states)


@pytest.mark.parametrize("definition", [TESTED, TESTED_BY_HAND])
def test_a_test_that_cannot_begin_fails_the_run_in_a_sentence(definition: Any) -> None:
    states = definition["States"]
    [refused] = states["Has the test begun?"]["Choices"]
    assert refused == {"Variable": "$.test.status", "StringEquals": "refused", "Next": "Why it is not tested"}
    told = states["Why it is not tested"]
    assert states[told["Next"]] == {"Type": "Fail", "Error": "NotTested", "CausePath": "$.untested.reason"}
    failed = states["Start of the test failed"]
    assert failed["Error"] == "NotTested"


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
    request = training_job(JOB)
    assert request["ResourceConfig"] == {"InstanceType": "ml.c7i.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert request["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert "CheckpointConfig" not in request
    assert "EnableManagedSpotTraining" not in request
    assert "EnableInterContainerTrafficEncryption" not in request


@pytest.mark.parametrize("encrypt", [True, False])
def test_several_instances_encrypt_their_traffic_where_that_is_set(encrypt: bool) -> None:
    request = training_job(replace(JOB, instance_count=4, encrypt_traffic=encrypt))
    assert request["ResourceConfig"]["InstanceCount"] == 4
    assert request["EnableInterContainerTrafficEncryption"] is encrypt


def test_on_spare_capacity_a_job_keeps_checkpoints_and_may_wait() -> None:
    request = training_job(replace(JOB, spot=True))
    assert request["EnableManagedSpotTraining"] is True
    assert request["CheckpointConfig"] == {"S3Uri.$": "$.job.checkpoint_uri", "LocalPath": "/opt/ml/checkpoints"}
    assert request["StoppingCondition"]["MaxWaitTimeInSeconds"] == 1200


def test_keys_encrypt_the_output_and_the_volume() -> None:
    request = training_job(replace(JOB, key_arn="key", volume_key_arn="volume"))
    assert request["OutputDataConfig"]["KmsKeyId"] == "key"
    assert request["ResourceConfig"]["VolumeKmsKeyId"] == "volume"


def test_the_metric_definitions_keep_sagemakers_rules() -> None:
    definitions = training_job(JOB)["AlgorithmSpecification"]["MetricDefinitions"]
    assert len(definitions) <= 40
    for definition in definitions:
        assert len(definition["Regex"]) <= 500
        assert re.compile(definition["Regex"]).groups == 1
