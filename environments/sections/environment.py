"""The settings of one environment, and the names and paths derived from them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from environments.aws import instance_regions, regions
from environments.sections.ab_tests import AbTests
from environments.sections.api import Api
from environments.sections.base import Section
from environments.sections.classifier import Classifier
from environments.sections.cost import Cost
from environments.sections.data import Data
from environments.sections.drift import Drift
from environments.sections.features import Features
from environments.sections.labelling import Labelling
from environments.sections.monitoring import Monitoring
from environments.sections.network import Network
from environments.sections.retraining import Retraining
from environments.sections.serving import Serving
from environments.sections.task import Task
from environments.sections.training import Training

# No hyphen: `rubric-dev-*` must never match the jobs of another environment.
ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,15}$")]

# IAM, CreatePolicy: PolicyName. A policy with a path has a longer name in its ARN.
PolicyName = Annotated[str, StringConstraints(pattern=r"^[\w+=,.@-]{1,128}$")]


class Settings(Section):
    """Everything that differs between environments."""

    name: ShortName = Field(description="The environment's name: the file's own, so it is never written in it.")
    account: str | None = Field(
        None, pattern=r"^[0-9]{12}$", description="AWS account, in quotes; unset, the one whose credentials deploy."
    )
    region: str = Field("us-east-1", pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]$", description="AWS region.")
    project: ShortName = Field("rubric", description="Prefix of every name.")
    tags: dict[str, str] = Field(
        default_factory=dict, description="Tags of every resource, beside `project` and `environment`."
    )
    permissions_boundary: PolicyName | None = Field(
        None,
        description="Name of the managed policy that is the permissions boundary of every role; delivery makes it "
        "([accounts and roles](delivery-accounts.md)). Unset, roles have none.",
    )
    runtime_accepted_until: dt.date | None = Field(
        None,
        description="Last day on which a deploy accepts the Lambda functions' Python runtime when it is no longer "
        "patched; unset, it refuses.",
    )
    task: Task | None = Field(
        None,
        description="The task's own words. Unset, the pages speak of headlines and show news.",
    )
    data: Data = Field(description="Stores.")
    training: Training = Field(description="The training pipeline.")
    serving: Serving = Field(description="The model endpoint.")
    classifier: Classifier = Field(Classifier(), description="The classifier: the endpoint or a Bedrock model.")
    api: Api = Field(Api(), description="The HTTP API.")
    network: Network = Field(Network(), description="The VPC.")
    drift: Drift = Field(Drift(), description="Drift looks.")
    labelling: Labelling = Field(Labelling(), description="The queue of texts for people to label.")
    retraining: Retraining = Field(Retraining(), description="When to train again.")
    ab_tests: AbTests = Field(AbTests(), description="Tests of a new model against the one that serves.")
    features: Features = Field(Features(), description="The feature store.")
    monitoring: Monitoring = Field(Monitoring(), description="Alarms and the dashboard.")
    cost: Cost = Field(Cost(), description="What it may cost.")

    @property
    def prefix(self) -> str:
        """`rubric-dev`: the start of every explicit name."""
        return f"{self.project}-{self.name}"

    def stack_name(self, part: str) -> str:
        """`Rubric-dev-Data` for part `Data`."""
        return f"{self.project.capitalize()}-{self.name}-{part}"

    @property
    def snap_start(self) -> bool:
        """`api.snap_start`; unset, whether the region has it."""
        setting = self.api.snap_start
        return regions.known()[self.region].snap_start if setting is None else setting

    @property
    def isolated_training(self) -> bool:
        """Whether training jobs have no network: `training.isolated`; unset, whether they run in a VPC."""
        setting = self.training.isolated
        return self.network.inside if setting is None else setting

    @property
    def approved_model_parameter(self) -> str:
        """Name of the SSM parameter that holds the S3 URI of the model to serve."""
        return f"/{self.project}/{self.name}/approved-model"

    @property
    def approvals_path(self) -> str:
        """Path of the SSM parameters that say which approvals have been acted on, one for each model version."""
        return f"/{self.project}/{self.name}/approvals"

    def waiting_parameter(self, what: str) -> str:
        """Name of the SSM parameter that keeps CloudFormation's request while it waits for `what`."""
        return f"/{self.project}/{self.name}/waiting/{what}"

    @property
    def promotions_path(self) -> str:
        """Path of the SSM parameters that say whose turn it is to promote, and how each promotion ended."""
        return f"/{self.project}/{self.name}/promotions"

    @property
    def endpoint_name(self) -> str:
        """The endpoint's name; one kind of endpoint cannot become another, so they differ."""
        if self.serving.sleeps:
            return f"{self.prefix}-component"
        return self.prefix if self.serving.mode == "real-time" else f"{self.prefix}-serverless"

    @property
    def component_name(self) -> str | None:
        """The name of the inference component that is the model: the endpoint's. None where there is none."""
        return self.endpoint_name if self.serving.sleeps else None

    @property
    def replay_instance_type(self) -> str:
        """The instance on which a replay's transform job runs."""
        chosen, serving = self.ab_tests.replay_instance_type, self.serving.instance_type
        listed = serving is not None and instance_regions.listed(serving, region=self.region, use="transform")
        return chosen or (serving if serving is not None and listed else "ml.c7i.xlarge")

    @property
    def challenger_endpoint_name(self) -> str:
        """The name of the endpoint that a challenger has while a live A/B test runs."""
        return f"{self.endpoint_name}-challenger"
