"""The state machines' definitions, with short values."""

from __future__ import annotations

from dataclasses import replace

from stacks.training.machines import first_model, promotion, retraining, training
from stacks.training.machines.model_package import Registration
from stacks.training.machines.training_job import Job

JOB = Job(
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
PIPELINE = training.PipelineParts(
    partition="aws",
    prepare_arn="prepare",
    gate_arn="gate",
    promotion_arn="promotion",
    promotion_execution_arn="arn:aws:states:r:1:execution:promotion",
    promote_arn="promote",
    job=JOB,
    registration=Registration(
        group="group",
        image="serving",
        inference_instance_types=["ml.c7i.large"],
        transform_instance_types=["ml.m5.large"],
    ),
    manual_approval=False,
)
AUTOMATIC = training.definition(PIPELINE)
MANUAL = training.definition(replace(PIPELINE, manual_approval=True))
TESTED = training.definition(replace(PIPELINE, ab_test_arn="ab_test", test_mode="replay"))
TESTED_BY_HAND = training.definition(replace(PIPELINE, ab_test_arn="ab_test", test_mode="replay", manual_approval=True))
RETRAINED = training.definition(replace(PIPELINE, ab_test_arn="ab_test", test_mode="replay", test_retrained_only=True))
RETRAINED_BY_HAND = training.definition(
    replace(PIPELINE, ab_test_arn="ab_test", test_mode="replay", test_retrained_only=True, manual_approval=True)
)
PATIENCE = promotion.Patience(rollout_seconds=4200, poll_seconds=7)
PROMOTION = promotion.definition(promote_arn="promote", patience=PATIENCE)
FIRST = first_model.definition(
    partition="aws",
    pipeline_arn="pipeline",
    pipeline_execution_arn="arn:aws:states:r:1:execution:pipeline",
    first_model_arn="first",
)
RETRAINING = retraining.definition(partition="aws", retrain_arn="retrain", pipeline_arn="pipeline")
