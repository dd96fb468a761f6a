"""What a scheduled job may do that looks for drift: read the environments' stacks and their resources, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import aws_iam as iam

from contracts.deployment.stack_reviews import CHANGES, DETECTION, READERS
from delivery.execution.documents import statements as together
from delivery.execution.policies import names_of
from delivery.execution.scopes import Scope, scopes, scopes_of
from delivery.execution.templates import Environment
from delivery.place import Place
from environments.aws.resource_types import read_actions

# No resource narrows these (service authorization reference).
_UNNARROWED = ("cloudformation:DescribeStackDriftDetectionStatus", "cloudformation:ListExports")


def statements(environments: Sequence[Environment], *, place: Place) -> list[iam.PolicyStatement]:
    """The role's permissions: CloudFormation reads each resource as whoever asks for drift."""
    allowed = (each for environment in environments for each in _allowed(environment, place=place))
    return [iam.PolicyStatement.from_json(each) for each in together(allowed)]


def _allowed(environment: Environment, *, place: Place) -> Iterator[tuple[str, Scope]]:
    names = names_of(environment, place=place)
    candidates = list(scopes(names))
    for action in (*CHANGES, *DETECTION):
        resources = ("*",) if action in _UNNARROWED else (place.stacks(environment.settings),)
        yield action, Scope((action,), resources)
    types = {str(resource["Type"]) for _, resource in environment.resources()}
    services = {kind.split("::")[1].lower() for kind in types if kind.startswith("AWS::")}
    for action in sorted({*READERS, *read_actions(types)}):
        if action in READERS and action.partition(":")[0] not in services:
            continue
        for scope in scopes_of(action, candidates):
            yield action, scope
