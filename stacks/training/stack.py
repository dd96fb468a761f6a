"""The Training stack: the pipeline, promotion, the model registry and the first deploy's model."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aws_cdk import aws_events as events
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from contracts.deployment import stack_outputs
from contracts.deployment.pipeline import promotion_machine, retraining_machine, training_machine
from stacks.base import RubricStack
from stacks.challenger.access import may_change
from stacks.challenger.role import challenger_role
from stacks.deployment import Deployment
from stacks.serving.base import ServingBase
from stacks.serving.lean_image import serving_image
from stacks.serving.lean_image_build import LeanImageBuild
from stacks.shared.cleanup import Cleanup
from stacks.shared.rule_targets import RuleTargets
from stacks.stores import PipelineWatched, Stores
from stacks.training.ab_test import AbTest
from stacks.training.drift import Drift
from stacks.training.first_model import FirstModel
from stacks.training.inputs import script_hyperparameters
from stacks.training.pipeline import Pipeline
from stacks.training.promotion import Promotion
from stacks.training.retraining import Retraining
from stacks.training.stop_running import StopRunning


class TrainingStack(RubricStack):
    """From a dataset to an approved model."""

    def __init__(self, scope: Construct, *, deployment: Deployment, stores: Stores) -> None:
        super().__init__(
            scope,
            "Training",
            deployment=deployment,
            description="Rubric: training pipeline and model registry.",
            key_arn=stores.key_arn,
        )
        prefix = self.settings.prefix
        self._targets = RuleTargets(self, "Rules", key_arn=stores.key_arn)
        self.pipeline_name, self.promotion_name = training_machine(prefix), promotion_machine(prefix)
        group = sagemaker.CfnModelPackageGroup(
            self, "Models", model_package_group_name=prefix, model_package_group_description=f"Models of {prefix}."
        )
        image = serving_image(self, deployment=deployment)
        # Here, to be created before the endpoint and deleted after it.
        self.serving_names = ServingBase(self, "ServingBase", deployment=deployment, stores=stores, image=image).names
        self.challenger_role_arn = self.share(
            challenger_role(
                self, "ChallengerRole", deployment=deployment, stores=stores, repository=image.repository
            ).role_arn
        )
        self._promotion = Promotion(
            self,
            "Promotion",
            deployment=deployment,
            stores=stores,
            name=self.promotion_name,
            group=prefix,
            alarms=self.serving_names.alarms,
        )
        self._drift = Drift(self, "Drift", deployment=deployment, stores=stores)
        self._drift.schedule(self._targets)
        self._ab_test = AbTest(
            self,
            "AbTest",
            deployment=deployment,
            stores=stores,
            group=prefix,
            promotion_arn=self._promotion.machine.arn,
        )
        self.watched = PipelineWatched(
            undelivered=self.share(self._targets.queue.queue_name),
            promote=self.share(self._promotion.function_name),
            drift=self.share(self._drift.function.function_name),
            ab_test=self.share(self._ab_test.function.function_name),
        )
        self._pipeline = Pipeline(
            self,
            "Pipeline",
            deployment=deployment,
            stores=stores,
            name=self.pipeline_name,
            group=prefix,
            image=image,
            promotion=self._promotion.machine,
            promote_arn=self._promotion.function_arn,
            promotion_name=self.promotion_name,
            promotion_timeout=self._promotion.timeout,
            ab_test_arn=self._ab_test.arn,
        )
        self.retraining_name = retraining_machine(prefix)
        self._retraining = Retraining(
            self,
            "Retraining",
            deployment=deployment,
            stores=stores,
            inputs=self._pipeline.inputs,
            name=self.retraining_name,
            pipeline=self._pipeline.machine,
            pipeline_name=self.pipeline_name,
        )
        cleanup = self._clean_up(group)
        # On deletion, this removes the machines before the cleanup removes their results.
        for machine in (self._pipeline.machine, self._promotion.machine, self._retraining.machine):
            machine.node.add_dependency(cleanup.resource)
        first = FirstModel(
            self,
            "FirstModel",
            deployment=deployment,
            pipeline=self._pipeline.machine,
            pipeline_name=self.pipeline_name,
            targets=self._targets,
        )
        first.resource.node.add_dependency(group)
        self._stop_before_deletion(cleanup, first=first, rules=self._rules())
        # Here and not in the Serving stack: a model is registered with its image, which has to be there by then.
        if self.settings.serving.image_build == "codebuild":
            built = LeanImageBuild(self, "LeanImageBuild", deployment=deployment, targets=self._targets)
            first.resource.node.add_dependency(built.resource)
        self._outputs()

    def promotes(self, resource_types: Sequence[str]) -> None:
        """Let promotions update the Serving stack, whose resources are of these types."""
        self._promotion.may_update(resource_types)

    def tests(self, resource_types: Sequence[str]) -> None:
        """Let A/B tests update the Challenger stack, whose resources are of these types."""
        may_change(self._ab_test, settings=self.settings, resource_types=resource_types)

    def _rules(self) -> list[events.Rule]:
        """The rules that start executions or change the approved model automatically."""
        training = self.settings.training
        rules = [self._promotion.reconcile(self._targets), self._ab_test.steps(self._targets)]
        if retraining := self._retraining.schedule(self._targets):
            rules.append(retraining)
        if training.approval == "manual":
            rules.append(self._promotion.on_approval(self._targets))
        return [*rules, self._schedule(training.schedule)] if training.schedule else rules

    def _stop_before_deletion(self, cleanup: Cleanup, *, first: FirstModel, rules: list[events.Rule]) -> None:
        """On deletion, and as a failed first deploy rolls back: what starts executions goes, then what runs is stopped,
        then the machines go.
        """
        stop = StopRunning(
            self,
            "StopRunning",
            cleanup=cleanup,
            machines=[first.machine, self._retraining.machine, self._pipeline.machine, self._promotion.machine],
            job_prefix=f"{self.settings.prefix}-",
        )
        for starter in (first.resource, *rules):
            starter.node.add_dependency(stop.resource)

    def _schedule(self, expression: str) -> events.Rule:
        return events.Rule(
            self,
            "Schedule",
            description="Trains a model on a schedule.",
            schedule=events.Schedule.expression(expression),
            targets=[self._targets.machine(self._pipeline.machine.machine)],
        )

    def _clean_up(self, group: sagemaker.CfnModelPackageGroup) -> Cleanup:
        settings = self.settings
        job_prefix = f"{settings.prefix}-"
        cleanup = Cleanup(
            self,
            "Cleanup",
            deployment=self.deployment,
            properties={
                "ModelPackageGroup": settings.prefix,
                "TrainingJobPrefix": job_prefix,
                "TransformJobPrefix": job_prefix,
                "Parameters": [settings.approved_model_parameter],
                "ParameterPaths": [settings.approvals_path, settings.promotions_path],
            },
        )
        cleanup.may_remove_models(
            group=settings.prefix,
            job_prefix=job_prefix,
            parameter=settings.approved_model_parameter,
            parameter_paths=[settings.approvals_path, settings.promotions_path],
        )
        # A group can only be deleted when it is empty: the other way round it would be deleted first.
        cleanup.resource.node.add_dependency(group)
        return cleanup

    def _outputs(self) -> None:
        self.output(stack_outputs.PIPELINE_ARN, self._pipeline.machine.arn, description="Start it to train a model.")
        self.output(stack_outputs.PROMOTION_ARN, self._promotion.machine.arn, description="Start it to serve a model.")
        self.output(
            stack_outputs.MODEL_PACKAGE_GROUP_NAME, self.settings.prefix, description="The model registry's group."
        )
        self.output(
            stack_outputs.APPROVED_MODEL_PARAMETER_NAME,
            self.settings.approved_model_parameter,
            description="Holds the URI of the model to serve.",
        )
        self.output(
            stack_outputs.DRIFT_FUNCTION_NAME,
            self._drift.function.function_name,
            description="Invoke it to look for drift.",
        )
        self.output(
            stack_outputs.RETRAINING_ARN,
            self._retraining.machine.arn,
            description="Start it to decide whether to train again.",
        )
        self.output(
            stack_outputs.RETRAIN_FUNCTION_NAME,
            self._retraining.function.function.function_name,
            description="Invoke it to explain what would be decided.",
        )
        self.output(
            stack_outputs.AB_TEST_FUNCTION_NAME,
            self._ab_test.function.function_name,
            description="Invoke it to start, stop or see an A/B test.",
        )
        self.output(
            stack_outputs.DATASET_URI,
            stack_outputs.in_ascii(self._pipeline.inputs.dataset_uri),
            description="The dataset that training uses.",
        )
        self.output(
            stack_outputs.BASE_MODEL,
            stack_outputs.in_ascii(self._pipeline.inputs.base_model),
            description="The model that training starts from.",
        )
        self.output(
            stack_outputs.HYPERPARAMETERS,
            json.dumps(script_hyperparameters(self.settings), sort_keys=True),
            description="The training script's arguments from the settings.",
        )
