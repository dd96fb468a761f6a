"""Retraining: the machine that decides whether to train again, before the pipeline, and the function that decides."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from constructs import Construct

from contracts.ab_tests import record
from contracts.deployment import buckets
from contracts.retraining import runs
from stacks.deployment import Deployment
from stacks.shared.permissions import allow, read_asset, read_with_keys, use_key
from stacks.shared.python_function import PythonFunction
from stacks.shared.rule_targets import RuleTargets
from stacks.shared.sagemaker_role import may_read
from stacks.shared.state_machine import StateMachine, execution_arn, machine_role
from stacks.stores import Stores
from stacks.training.inputs import TrainingInputs, readable_uri
from stacks.training.machines import retraining

# Lambda's longest ("gettingstarted-limits"): a backtest decides for each day of the log.
_LONGEST = cdk.Duration.minutes(15)
# Besides the function's call, tries to start the pipeline.
_BESIDE_MINUTES = 15
_MODELS = "Each model has its evaluation and its drift report under the name of its training job."


class Retraining(Construct):
    """The machine and its function; both exist without a schedule if `retraining.enabled` is false, for operators."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        stores: Stores,
        inputs: TrainingInputs,
        name: str,
        pipeline: StateMachine,
        pipeline_name: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = deployment.settings
        self.function = PythonFunction(
            self,
            "Retrain",
            deployment=deployment,
            folder="retrain",
            description="Decides whether to train again.",
            environment=self._environment(stores, inputs, pipeline),
            timeout=_LONGEST,
            # It holds the dataset's files, and counts their words on a whole processor.
            memory_mb=3008,
        )
        role = machine_role(self, "Role", description="Decides whether to train again.")
        allow(role, "lambda:InvokeFunction", on=self.function.arn)
        allow(role, "states:StartExecution", on=pipeline.arn)
        self.machine = StateMachine(
            self,
            "Machine",
            name=name,
            definition=retraining.definition(
                partition=cdk.Stack.of(self).partition, retrain_arn=self.function.arn, pipeline_arn=pipeline.arn
            ),
            role=role,
            timeout=_LONGEST.plus(cdk.Duration.minutes(_BESIDE_MINUTES)),
        )
        self._may_read(stores, inputs)
        self._may_keep(stores)
        allow(self.function.role, "states:ListExecutions", on=pipeline.arn)
        executions = [execution_arn(self, each) for each in (pipeline_name, name)]
        allow(
            self.function.role,
            "states:DescribeExecution",
            on=[f"{each}:*" for each in executions],
            because="Executions of these two machines; each has a name of its own.",
        )

    def schedule(self, targets: RuleTargets) -> events.Rule | None:
        """Decide on a schedule; None if the settings have none."""
        if not self._settings.retraining.enabled:
            return None
        return events.Rule(
            self,
            "Schedule",
            description="Decides whether to train again.",
            schedule=events.Schedule.rate(cdk.Duration.hours(self._settings.retraining.check_hours)),
            targets=[targets.machine(self.machine.machine)],
        )

    def _environment(self, stores: Stores, inputs: TrainingInputs, pipeline: StateMachine) -> dict[str, str]:
        settings, rule = self._settings, self._settings.retraining
        known = {
            "VALUE_PER_ERROR": rule.value_per_error,
            "RUN_PRICE": rule.run_price,
            "SCHEDULE_DAYS": rule.schedule_days,
            "COST_BUDGET": settings.cost.monthly_budget_usd,
            "LABELS_URI": inputs.labels.s3_object_url if inputs.labels else None,
        }
        return {
            "ARTIFACT_BUCKET": stores.artifacts.name,
            "DATASET_BUCKET": stores.dataset.name,
            "REQUEST_LOG_TABLE": stores.request_log.name,
            "REQUEST_LOG_DAYS": str(settings.data.request_log_days),
            "LEDGER_TABLE": stores.ledger.name,
            "APPROVED_MODEL_PARAMETER": settings.approved_model_parameter,
            "PIPELINE_ARN": pipeline.arn,
            "HORIZON_DAYS": str(rule.horizon_days),
            "MONTHLY_BUDGET": str(rule.monthly_budget),
            "COOLDOWN_HOURS": str(rule.cooldown_hours),
            "FEWEST_ROWS": str(rule.fewest_rows),
            "FEWEST_LABELS": str(rule.fewest_labels),
            "MIN_ACCURACY": str(settings.training.gate.min_accuracy),
            "UNTRUSTED_SHARE": str(settings.data.untrusted_share),
            **{name: str(value) for name, value in known.items() if value is not None},
        }

    def _may_read(self, stores: Stores, inputs: TrainingInputs) -> None:
        """The model's figures, the labelled texts that it answered, what came in, and what it learnt from."""
        role, settings, stack = self.function.role, self._settings, cdk.Stack.of(self)
        parameter = settings.approved_model_parameter.removeprefix("/")
        allow(
            role,
            "ssm:GetParameter",
            on=stack.format_arn(service="ssm", resource="parameter", resource_name=parameter),
        )
        allow(role, "dynamodb:BatchGetItem", "dynamodb:Query", on=stores.request_log.arn)
        allow(role, "dynamodb:Query", on=[stores.ledger.arn, f"{stores.ledger.arn}/index/by_day"])
        bucket = stores.artifacts.arn
        # S3 answers 403 instead of 404 for a missing object if the caller may not list.
        allow(role, "s3:ListBucket", on=bucket)
        allow(
            role,
            "s3:GetObject",
            on=[f"{bucket}/{buckets.evaluation('*')}", f"{bucket}/{buckets.drift_report('*')}"],
            because=_MODELS,
        )
        allow(role, "s3:GetObject", on=f"{bucket}/{record.CURRENT}")
        allow(
            role,
            "sagemaker:DescribeTrainingJob",
            on=stack.format_arn(service="sagemaker", resource="training-job", resource_name=f"{settings.prefix}-*"),
            because="This environment's own jobs; each has the time in its name.",
        )
        may_read(
            role,
            bucket_arn=stores.dataset.arn,
            prefixes=[buckets.DATASETS],
            because="Every version of the dataset is under it.",
        )
        if settings.data.dataset.uri is not None:
            readable_uri(role, settings.data.dataset.uri)
            read_with_keys(role, settings.data.read_keys)
        if inputs.labels is not None:
            read_asset(role, inputs.labels)
        use_key(role, stores.key_arn)

    def _may_keep(self, stores: Stores) -> None:
        """Decisions, once each, and the ledger of runs. A write with a condition needs s3:GetObject as well (S3 user
        guide, "conditional-writes").
        """
        bucket = stores.artifacts.arn
        allow(
            self.function.role,
            "s3:GetObject",
            "s3:PutObject",
            on=[f"{bucket}/{buckets.RETRAINING}*", f"{bucket}/{runs.KEY}"],
            because="Each decision is an object under its time.",
        )
