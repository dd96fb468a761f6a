"""All stacks of one environment."""

from __future__ import annotations

from dataclasses import dataclass, replace

import aws_cdk as cdk

from stacks.api.stack import ApiStack
from stacks.challenger.stack import ChallengerStack
from stacks.data.stack import DataStack
from stacks.deployment import Deployment, Placement
from stacks.monitoring.stack import MonitoringStack
from stacks.network.called import called
from stacks.network.stack import EndpointsStack, NetworkStack
from stacks.serving.stack import ServingStack
from stacks.training.stack import TrainingStack


@dataclass(frozen=True, kw_only=True)
class Stacks:
    """The stacks of an environment. training, serving, challenger: None where no model is trained (classifier.backend
    bedrock). network: None where nothing runs in a VPC, or where the VPC has all that is needed.
    """

    data: DataStack
    training: TrainingStack | None
    serving: ServingStack | None
    challenger: ChallengerStack | None
    api: ApiStack
    monitoring: MonitoringStack
    network: NetworkStack | EndpointsStack | None


def add_stacks(app: cdk.App, *, deployment: Deployment) -> Stacks:
    """Add an environment's stacks to an app, with the order that deploying takes."""
    network = _network(app, deployment=deployment)
    deployment = replace(deployment, placement=network.placement if network else _existing(deployment))
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
    if network:
        data.add_stack_dependency(network, "its functions run there, and reach AWS by the endpoints")
        inside = [data, training, serving, challenger, api, monitoring]
        network.reach(called(stack for stack in inside if stack is not None))
    return Stacks(
        data=data,
        training=training,
        serving=serving,
        challenger=challenger,
        api=api,
        monitoring=monitoring,
        network=network,
    )


def _network(app: cdk.App, *, deployment: Deployment) -> NetworkStack | EndpointsStack | None:
    if deployment.settings.network.mode == "private":
        return NetworkStack(app, deployment=deployment)
    placement = _existing(deployment)
    if placement is not None and deployment.settings.network.makes_endpoints:
        return EndpointsStack(app, deployment=deployment, placement=placement)
    return None


def _existing(deployment: Deployment) -> Placement | None:
    """The subnets and groups that the settings name; None where they name none."""
    network = deployment.settings.network
    if network.mode != "existing":
        return None
    groups = network.security_group_ids or []
    return Placement(
        vpc_id=network.vpc_id or "",
        subnet_ids=network.subnet_ids or [],
        function_groups=groups,
        container_groups=groups,
    )
