"""All stacks of one environment."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk

from stacks.api.stack import ApiStack
from stacks.challenger.stack import ChallengerStack
from stacks.data.stack import DataStack
from stacks.deployment import Deployment
from stacks.monitoring.stack import MonitoringStack
from stacks.serving.stack import ServingStack
from stacks.training.stack import TrainingStack


@dataclass(frozen=True, kw_only=True)
class Stacks:
    """The stacks of an environment. training, serving, challenger: None where no model is trained (classifier.backend
    bedrock).
    """

    data: DataStack
    training: TrainingStack | None
    serving: ServingStack | None
    challenger: ChallengerStack | None
    api: ApiStack
    monitoring: MonitoringStack


def add_stacks(app: cdk.App, *, deployment: Deployment) -> Stacks:
    """Add an environment's stacks to an app, with the order that deploying takes."""
    data = DataStack(app, deployment=deployment)
    stores = data.stores
    trained = deployment.settings.classifier.trained
    training = TrainingStack(app, deployment=deployment, stores=stores) if trained else None
    serving = ServingStack(app, deployment=deployment, stores=stores, base=training.serving_names) if training else None
    challenger = (
        ChallengerStack(app, deployment=deployment, stores=stores, role_arn=training.challenger_role_arn)
        if training
        else None
    )
    api = ApiStack(app, deployment=deployment, stores=stores)
    monitoring = MonitoringStack(
        app,
        deployment=deployment,
        stores=stores,
        watched=api.watched,
        pipeline=training.watched if training else None,
    )
    if training and serving and challenger:
        training.promotes(serving.resource_types)
        training.tests(challenger.resource_types)
        training.add_stack_dependency(data, "it reads datasets and writes models there")
        serving.add_stack_dependency(training, "the endpoint serves the model that training has approved")
        challenger.add_stack_dependency(training, "the challenger's model runs under a role from there")
        monitoring.add_stack_dependency(training, "it watches the queue of events that could not be delivered")
        monitoring.add_stack_dependency(serving, "an endpoint that is not there yet would raise the alarm")
    api.add_stack_dependency(data, "it logs requests and reads API keys there")
    monitoring.add_stack_dependency(api, "it watches the API's functions")
    return Stacks(data=data, training=training, serving=serving, challenger=challenger, api=api, monitoring=monitoring)
