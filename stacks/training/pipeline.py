"""The training pipeline's machine, its functions and roles."""

from __future__ import annotations

import math

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts.api import task
from contracts.budget import spending
from contracts.datasets import ledger, manifest
from contracts.deployment import buckets
from contracts.logs import log_groups
from environments.aws.instances import takes_volume_key
from stacks.deployment import Deployment
from stacks.shared.images import ServingImage, repository_of, training_image
from stacks.shared.permissions import allow, read_asset, read_with_keys, use_key
from stacks.shared.python_function import PythonFunction
from stacks.shared.sagemaker_role import (
    may_delete,
    may_encrypt_output,
    may_log_for_the_account,
    may_read,
    may_use_volume_key,
    may_write,
    may_write_once,
    sagemaker_role,
)
from stacks.shared.state_machine import (
    JOB_RULE,
    StateMachine,
    execution_arn,
    machine_role,
    may_hear,
    may_run_machine,
)
from stacks.shared.vpc import job_vpc_config
from stacks.stores import Stores
from stacks.training.inputs import TrainingInputs, readable_uri
from stacks.training.machines import training
from stacks.training.machines.model_package import Registration
from stacks.training.machines.training_job import Job

# Minutes of a run beside its training job and promotion: preparing, the gate, the registry, waiting for an instance.
_BESIDE = 60
_MODELS = "Each job writes under its own name, which has the time in it."


class Pipeline(Construct):
    """Prepares, trains, evaluates, registers and promotes. Operators start `machine`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        stores: Stores,
        name: str,
        group: str,
        image: ServingImage,
        promotion: StateMachine,
        promote_arn: str,
        promotion_name: str,
        promotion_timeout: cdk.Duration,
        ab_test_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        self._settings = deployment.settings
        self._stores = stores
        self._image = image
        self.inputs = TrainingInputs(self, "Inputs", deployment=deployment, dataset_bucket=stores.dataset)
        self._job_role = self._make_job_role()
        self._prepare = self._make_prepare()
        self._gate = self._make_gate()
        manual = self._settings.training.approval == "manual"
        role = self._make_machine_role(group=group)
        if manual:
            allow(role, "lambda:InvokeFunction", on=promote_arn)
        mode = self._settings.ab_tests.new_models
        tested = mode != "promote"
        if tested:
            allow(role, "lambda:InvokeFunction", on=ab_test_arn)
        promotion_executions = execution_arn(self, promotion_name)
        may_run_machine(role, machine_arn=promotion.arn, execution_arn=promotion_executions)
        definition = training.definition(
            training.PipelineParts(
                partition=cdk.Stack.of(self).partition,
                prepare_arn=self._prepare.arn,
                gate_arn=self._gate.arn,
                promotion_arn=promotion.arn,
                promotion_execution_arn=promotion_executions,
                promote_arn=promote_arn,
                job=self._job(),
                registration=self._registration(group=group),
                manual_approval=manual,
                ab_test_arn=ab_test_arn if tested else "",
                test_mode=mode if tested else "",
                test_retrained_only=self._settings.ab_tests.tested == "retrained",
            )
        )
        # Long enough for the longest job allowed, waiting for spot capacity, and a promotion.
        minutes = 2 * self._settings.training.max_runtime_minutes + promotion_timeout.to_minutes(integral=False)
        timeout = cdk.Duration.minutes(math.ceil(minutes) + _BESIDE)
        self.machine = StateMachine(self, "Machine", name=name, definition=definition, role=role, timeout=timeout)
        # A job needs the permissions, which are a resource beside the role; nothing refers to them.
        self.machine.node.add_dependency(self._job_role)

    @property
    def _mirror(self) -> list[str]:
        """The prefix that runs read if their jobs are isolated."""
        return [buckets.MIRROR] if self._settings.isolated_training else []

    def _make_job_role(self) -> iam.Role:
        stores = self._stores
        role = sagemaker_role(
            self,
            "JobRole",
            repository=repository_of(training_image(self._settings), key="training.image"),
            metric_namespace="/aws/sagemaker/*",
            description="What a training job may do.",
            on_behalf_of=f"training-job/{self._settings.prefix}-*",
            placement=self._deployment.placement,
        )
        may_log_for_the_account(
            role,
            group=log_groups.TRAINING_JOBS,
            reason="SageMaker's own group for training jobs; each job has its own streams.",
        )
        may_read(
            role,
            bucket_arn=stores.dataset.arn,
            prefixes=[buckets.DATASETS],
            because="Every version of the dataset is under it.",
        )
        spot = self._settings.training.spot
        written = [buckets.TRAINING, *([buckets.CHECKPOINTS] if spot else [])]
        # The approved model is a channel of the job; a job of the notebooks has its code beside its output.
        read = [buckets.MODELS, *written, *self._mirror]
        may_read(role, bucket_arn=stores.artifacts.arn, prefixes=read, because=_MODELS)
        may_write(role, bucket_arn=stores.artifacts.arn, prefixes=written, because=_MODELS)
        if spot:
            # SageMaker's guide, "model-checkpoints": files that the container deletes are deleted in S3 as well.
            may_delete(role, bucket_arn=stores.artifacts.arn, prefix=buckets.CHECKPOINTS, because=_MODELS)
        if takes_volume_key(self._settings.training.instance_type):
            may_use_volume_key(role, stores.key_arn)
        else:
            use_key(role, stores.key_arn)
        may_encrypt_output(role, stores.key_arn)
        self.inputs.readable_by(role)
        return role

    def _make_prepare(self) -> PythonFunction:
        stores, settings = self._stores, self._settings
        function = PythonFunction(
            self,
            "Prepare",
            deployment=self._deployment,
            folder="pipeline/prepare_training",
            description="Checks that the dataset exists and names the training job.",
            environment={
                "PROJECT": settings.project,
                "DATASET_BUCKET": stores.dataset.name,
                "ARTIFACT_BUCKET": stores.artifacts.name,
                "APPROVED_MODEL_PARAMETER": settings.approved_model_parameter,
                "LEDGER_TABLE": stores.ledger.name,
                "ERASURE_KEY_ARN": stores.erasure_key_arn,
                "UNTRUSTED_SHARE": str(settings.data.untrusted_share),
                **self.inputs.environment(),
            },
            # The UCI archive is 29 MB, downloaded and unpacked in memory.
            timeout=cdk.Duration.minutes(5),
            memory_mb=1024,
        )
        may_read(
            function.role,
            bucket_arn=stores.dataset.arn,
            prefixes=[buckets.DATASETS],
            because="Every version of the dataset is under it.",
        )
        may_write(
            function.role,
            bucket_arn=stores.dataset.arn,
            prefixes=[buckets.DATASETS],
            because="Every version of the dataset is under it.",
        )
        read = [buckets.MODELS, *self._mirror]
        may_read(function.role, bucket_arn=stores.artifacts.arn, prefixes=read, because=_MODELS)
        use_key(function.role, stores.key_arn)
        if self.inputs.dataset is not None:
            read_asset(function.role, self.inputs.dataset)
        if self.inputs.dataset is not None or settings.data.dataset.uri is not None:
            read_with_keys(function.role, settings.data.read_keys)
        if settings.data.dataset.uri is not None:
            readable_uri(function.role, settings.data.dataset.uri)
        # For a run that folds the ledger.
        allow(function.role, "dynamodb:Scan", on=stores.ledger.arn)
        allow(function.role, "secretsmanager:GetSecretValue", on=stores.erasure_key_arn)
        parameter = settings.approved_model_parameter.removeprefix("/")
        arn = cdk.Stack.of(self).format_arn(service="ssm", resource="parameter", resource_name=parameter)
        allow(function.role, "ssm:GetParameter", on=arn)
        return function

    def _make_gate(self) -> PythonFunction:
        gate, store = self._settings.training.gate, self._settings.features.store
        function = PythonFunction(
            self,
            "Gate",
            deployment=self._deployment,
            folder="pipeline/gate",
            description="Reads a training job's evaluation and decides whether the model is good enough.",
            environment={
                "ARTIFACT_BUCKET": self._stores.artifacts.name,
                "DATASET_BUCKET": self._stores.dataset.name,
                "LEDGER_TABLE": self._stores.ledger.name,
                "ERASURE_KEY_ARN": self._stores.erasure_key_arn,
                "MIN_ACCURACY": str(gate.min_accuracy),
                "MIN_MACRO_F1": str(gate.min_macro_f1),
                "MAX_REGRESSION": str(gate.max_regression),
                "MAX_POSSIBLE_REGRESSION": str(gate.possible_regression),
                **({task.VARIABLE: self._settings.task.words.encoded()} if self._settings.task else {}),
                **({} if store == "none" else {"FEATURE_STORE": store}),
            },
            # It reads the whole artifact for its digest; more memory also means more network bandwidth.
            timeout=cdk.Duration.minutes(5),
            memory_mb=1024,
        )
        bucket = self._stores.artifacts.arn
        may_read(function.role, bucket_arn=bucket, prefixes=[buckets.MODELS], because=_MODELS)
        # It reads and copies a version that it names, and their number says whether a job's output was replaced.
        allow(function.role, "s3:ListBucketVersions", on=bucket)
        allow(function.role, "s3:GetObject", "s3:GetObjectVersion", on=f"{bucket}/{buckets.TRAINING}*", because=_MODELS)
        may_write_once(function.role, bucket_arn=bucket, prefix=buckets.MODELS, because=_MODELS)
        if store != "none":
            allow(function.role, "s3:GetObject", on=f"{bucket}/{buckets.FEATURES_SUMMARY}")
        self._may_store_versions(function.role)
        use_key(function.role, self._stores.key_arn)
        return function

    def _may_store_versions(self, role: iam.Role) -> None:
        """Let the gate store the dataset versions that jobs make, and see what was erased meanwhile."""
        bucket, ledger_table = self._stores.dataset.arn, self._stores.ledger.arn
        may_read(role, bucket_arn=bucket, prefixes=[manifest.VERSIONS], because="Each version has a folder.")
        # Never in place of another: `If-None-Match` (S3 User Guide, "conditional-writes-enforce").
        allow(
            role,
            "s3:PutObject",
            on=f"{bucket}/{manifest.VERSIONS}*",
            when={"Null": {"s3:if-none-match": "false"}},
            because="Each version has a folder.",
        )
        # Rows have their digest as their name; those whose manifest came too late are deleted again.
        rows = f"{bucket}/{manifest.FILES}*"
        allow(role, "s3:PutObject", "s3:DeleteObject", on=rows, because="Each file is named by its digest.")
        allow(role, "dynamodb:Query", on=f"{ledger_table}/index/{ledger.BY_DAY}")
        allow(role, "secretsmanager:GetSecretValue", on=self._stores.erasure_key_arn)

    def _make_machine_role(self, *, group: str) -> iam.Role:
        stack = cdk.Stack.of(self)
        role = machine_role(self, "Role", description="Runs the training pipeline.")
        allow(role, "lambda:InvokeFunction", on=[self._prepare.arn, self._gate.arn])
        allow(
            role,
            "sagemaker:CreateTrainingJob",
            "sagemaker:DescribeTrainingJob",
            "sagemaker:StopTrainingJob",
            "sagemaker:AddTags",
            on=stack.format_arn(
                service="sagemaker", resource="training-job", resource_name=f"{self._settings.prefix}-*"
            ),
            because="This environment's own jobs; each has the time in its name.",
        )
        allow(
            role,
            "iam:PassRole",
            on=self._job_role.role_arn,
            when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )
        may_hear(role, JOB_RULE)
        groups = stack.format_arn(service="sagemaker", resource="model-package-group", resource_name=group)
        packages = stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{group}/*")
        allow(
            role,
            "sagemaker:CreateModelPackage",
            on=[groups, packages],
            because="Versions of this environment's own group.",
        )
        # The registry looks, as the caller, whether the image, the artifact and its figures are there.
        repository = self._image.repository.arn(partition=stack.partition)
        allow(role, "ecr:BatchGetImage", "ecr:DescribeImages", on=repository)
        may_read(role, bucket_arn=self._stores.artifacts.arn, prefixes=[buckets.MODELS], because=_MODELS)
        use_key(role, self._stores.key_arn)
        return role

    def _job(self) -> Job:
        settings = self._settings
        key = self._stores.key_arn
        return Job(
            image=training_image(settings),
            role_arn=self._job_role.role_arn,
            instance_type=settings.training.instance_type,
            instance_count=settings.training.instance_count,
            encrypt_traffic=settings.training.encrypt_traffic,
            volume_gb=settings.training.volume_gb,
            max_runtime_seconds=settings.training.max_runtime_minutes * 60,
            spot=settings.training.spot,
            tags={
                **settings.tags,
                "project": settings.project,
                "environment": settings.name,
                **({spending.TAG: settings.prefix} if settings.cost.monthly_budget_usd is not None else {}),
            },
            key_arn=key,
            volume_key_arn=key if takes_volume_key(settings.training.instance_type) else None,
            vpc_config=job_vpc_config(self._deployment.placement),
            isolated=settings.isolated_training,
        )

    def _registration(self, *, group: str) -> Registration:
        serving = self._settings.serving
        instance_types = [serving.instance_type] if serving.instance_type else ["ml.c7i.large"]
        return Registration(
            group=group,
            image=self._image.uri,
            inference_instance_types=instance_types,
            # With VNNI, as what serves has: elsewhere int8 takes longer (docs/decisions/0059).
            transform_instance_types=["ml.c7i.large", "ml.c7i.xlarge", "ml.m7i.large"],
        )
