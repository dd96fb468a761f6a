"""A/B tests: a function that every minute does what comes next in the test that runs, and that `rubric ab` calls."""

from __future__ import annotations

from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_events as events
from constructs import Construct

from contracts.ab_tests import live, record
from contracts.datasets import manifest
from contracts.deployment import buckets
from environments.aws.instances import takes_volume_key
from environments.settings import Settings
from stacks.deployment import Deployment
from stacks.shared.component_access import may_describe_component
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction
from stacks.shared.rule_targets import RuleTargets
from stacks.shared.sagemaker_role import may_read
from stacks.stores import Stores

_EACH_TEST = "Each test has objects of its own."
_OWN_MODELS = "Versions of this environment's own group."


class AbTest(PythonFunction):
    """The function. promotion_arn: of the machine that serves the model of a test that was won."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        stores: Stores,
        group: str,
        promotion_arn: str,
    ) -> None:
        settings = deployment.settings
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            folder="ab_test",
            description="Tests a new model against the one that serves.",
            environment={**_variables(settings, stores), "MODEL_PACKAGE_GROUP": group, "PROMOTION_ARN": promotion_arn},
            # A step reads a replay's texts from the log, or the whole artifact of the challenger.
            timeout=cdk.Duration.minutes(5),
            memory_mb=1769,
        )
        self._settings, self._group = settings, group
        self._may_keep(stores)
        self._may_read_the_log(stores)
        self._may_classify()
        self._may_promote(promotion_arn)
        use_key(self.role, stores.key_arn)

    def steps(self, targets: RuleTargets) -> events.Rule:
        """A step every minute. Without a test it reads one object; with `ab_tests.enabled: false` it ends the test."""
        return events.Rule(
            self,
            "Steps",
            description="Does what comes next in the A/B test that runs.",
            schedule=events.Schedule.rate(cdk.Duration.minutes(1)),
            targets=[targets.function(self.function, event={"action": "step"})],
        )

    def _arn(self, service: str, resource: str, name: str) -> str:
        return cdk.Stack.of(self).format_arn(service=service, resource=resource, resource_name=name)

    def _may_keep(self, stores: Stores) -> None:
        """The record, and a replay's texts while the challenger classifies them."""
        bucket = stores.artifacts.arn
        # A write with If-Match needs both (S3 user guide, "conditional-writes").
        allow(self.role, "s3:GetObject", "s3:PutObject", on=f"{bucket}/{record.CURRENT}")
        archived = f"{bucket}/{record.archived('*')}"
        allow(self.role, "s3:GetObject", "s3:PutObject", on=archived, because=_EACH_TEST)
        passing = [f"{bucket}/{record.seen('*')}*", f"{bucket}/{record.texts('*')}*"]
        allow(self.role, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", on=passing, because=_EACH_TEST)
        # The evaluations, for the labels, and the artifacts, to verify them. It also lets it list the bucket.
        may_read(self.role, bucket_arn=bucket, prefixes=[buckets.MODELS], because="Each test is of another model.")

        # The rows that the two models learnt from; without ListBucket S3 answers 403 for what is gone (API_GetObject).
        learnt = [manifest.VERSIONS, manifest.FILES]
        may_read(
            self.role, bucket_arn=stores.dataset.arn, prefixes=learnt, because="Each model has a version of its own."
        )

    def _may_read_the_log(self, stores: Stores) -> None:
        log = stores.request_log.arn
        allow(self.role, "dynamodb:BatchGetItem", "dynamodb:Query", on=log)
        allow(self.role, "dynamodb:Query", on=f"{log}/index/by_day")
        # Of the log's items only the one that says how a live test's texts are split.
        own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [live.ITEM_ID]}}
        allow(self.role, "dynamodb:DeleteItem", "dynamodb:PutItem", on=log, when=own)

    def _may_classify(self) -> None:
        """Ask either model, in a transform job or at the endpoints, and see which one serves."""
        settings = self._settings
        jobs = self._arn("sagemaker", "transform-job", f"{settings.prefix}-ab-*")
        calls = ("sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob", "sagemaker:StopTransformJob")
        allow(self.role, *calls, on=jobs, because="Each replay has a job of its own.")
        champion = self._arn("sagemaker", "endpoint", settings.endpoint_name)
        challenger = self._arn("sagemaker", "endpoint", settings.challenger_endpoint_name)
        allow(self.role, "sagemaker:DescribeEndpoint", on=champion)
        may_describe_component(self.role, settings)
        allow(self.role, "sagemaker:InvokeEndpoint", on=[champion, challenger])
        for action, resource in (("DescribeEndpointConfig", "endpoint-config"), ("DescribeModel", "model")):
            named = "CloudFormation names the configuration and the model that serve."
            allow(self.role, f"sagemaker:{action}", on=self._arn("sagemaker", resource, "*"), because=named)

    def _may_promote(self, promotion_arn: str) -> None:
        groups = self._arn("sagemaker", "model-package-group", self._group)
        packages = self._arn("sagemaker", "model-package", f"{self._group}/*")
        because = f"{_OWN_MODELS} AWS's own examples name both."
        allow(self.role, "sagemaker:ListModelPackages", on=[groups, packages], because=because)
        changes = ("sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage")
        allow(self.role, *changes, on=packages, because=_OWN_MODELS)
        approved = self._settings.approved_model_parameter.removeprefix("/")
        allow(self.role, "ssm:GetParameter", on=self._arn("ssm", "parameter", approved))
        allow(self.role, "states:StartExecution", on=promotion_arn)


def _variables(settings: Settings, stores: Stores) -> dict[str, str]:
    tests = settings.ab_tests
    # A text that has left the log cannot be labelled.
    longest = timedelta(days=min(tests.most_days, settings.data.request_log_days))
    return {
        "ARTIFACT_BUCKET": stores.artifacts.name,
        "DATASET_BUCKET": stores.dataset.name,
        "REQUEST_LOG_TABLE": stores.request_log.name,
        "REQUEST_LOG_SHARDS": str(settings.data.log_shards),
        "REQUEST_LOG_DAYS": str(settings.data.request_log_days),
        "REQUEST_LOG_TEXT": settings.data.request_log_text,
        "APPROVED_MODEL_PARAMETER": settings.approved_model_parameter,
        "ENDPOINT_NAME": settings.endpoint_name,
        "JOB_PREFIX": f"{settings.prefix}-ab-",
        "APPROVAL": settings.training.approval,
        "REPLAY_INSTANCE_TYPE": settings.replay_instance_type,
        "KEY_ARN": stores.key_arn or "",
        "VOLUME_KEY_ARN": (stores.key_arn or "") if takes_volume_key(settings.replay_instance_type) else "",
        "AB_TESTS_ENABLED": "yes" if tests.enabled else "no",
        "GOAL": tests.goal,
        "ALPHA": str(tests.alpha),
        "MARGIN": str(tests.margin),
        "MOST_LABELS": str(tests.most_labels),
        "MOST_SECONDS": str(int(longest.total_seconds())),
        "MOST_TEXTS": str(tests.most_texts),
        "SHARE": str(tests.share),
        "UNIT": tests.unit,
        "ALLOCATION": tests.allocation,
        "LEAST_SHARE": str(tests.least_share),
        "MOST_SHARE": str(tests.most_share),
        "HOURLY_PRICE": "" if tests.hourly_price is None else str(tests.hourly_price),
        "AB_PROMOTE": tests.promote,
        **({} if settings.component_name is None else {"COMPONENT_NAME": settings.component_name}),
    }
