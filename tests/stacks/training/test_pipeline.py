"""Tests the pipeline: its job, its gate and its time limits."""

from __future__ import annotations

from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.training.templates import definitions, environment_of, job_of


def test_the_image_follows_the_instance_type(dev: Synthesised, local: Synthesised, synthesise: Synthesise) -> None:
    def image(environment: Synthesised) -> str:
        return str(job_of(environment)["AlgorithmSpecification"]["TrainingImage"])

    assert image(dev).split("/")[1] == "pytorch:2.13.0-cu133-amzn2023-sagemaker"
    assert image(local).split("/")[1].startswith("pytorch:")
    own = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"
    assert image(synthesise("dev", change=f"training: {{image: '{own}'}}")) == own


def test_the_pipeline_outlasts_its_job_and_its_promotion(each: Synthesised) -> None:
    settings = each.stacks.data.settings
    found = definitions(each)
    training, promotion = (found[f"{settings.prefix}-{name}"]["TimeoutSeconds"] for name in ("training", "promotion"))
    assert promotion > 6 * settings.serving.longest_rollout_seconds
    assert training >= 2 * 60 * settings.training.max_runtime_minutes + promotion + 3000


def test_instances_their_number_and_spare_capacity_are_settings(dev: Synthesised, synthesise: Synthesise) -> None:
    plain = job_of(dev)
    assert plain["ResourceConfig"]["InstanceCount"] == 1
    assert "EnableManagedSpotTraining" not in plain
    change = "training: {instance_type: ml.c7i.4xlarge, instance_count: 3, spot: true, max_runtime_minutes: 45}"
    job = job_of(synthesise("dev", change=change))
    assert (job["ResourceConfig"]["InstanceType"], job["ResourceConfig"]["InstanceCount"]) == ("ml.c7i.4xlarge", 3)
    assert job["AlgorithmSpecification"]["TrainingImage"].split("/")[1].startswith("pytorch:")
    assert job["EnableInterContainerTrafficEncryption"] is True
    assert job["EnableManagedSpotTraining"] is True
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 2700, "MaxWaitTimeInSeconds": 5400}
    assert job["CheckpointConfig"]["LocalPath"] == "/opt/ml/checkpoints"


def test_the_gate_has_the_environments_limits(prod: Synthesised) -> None:
    variables = environment_of(prod, "PipelineGate")
    limits = ("MIN_ACCURACY", "MIN_MACRO_F1", "MAX_REGRESSION", "MAX_POSSIBLE_REGRESSION")
    assert [variables[name] for name in limits] == ["0.9", "0.88", "0.01", "0.05"]
