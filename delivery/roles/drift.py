"""What a scheduled job may do that looks for drift: read the environments' stacks and their resources, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from aws_cdk import aws_iam as iam

from contracts.deployment.stack_reviews import CHANGES, DETECTION, RARE, READERS
from delivery.execution.policies import names_of
from delivery.execution.scopes import scopes, scopes_of
from delivery.execution.templates import Environment
from delivery.place import Place
from environments.aws.resource_types import read_actions

# No resource narrows these (service authorization reference).
_UNNARROWED = ("cloudformation:DescribeStackDriftDetectionStatus", "cloudformation:ListExports")
# Names that only read a configuration, in place of a dozen: a template without a bucket has little room.
_TOGETHER = ("application-autoscaling:Describe*", "lambda:GetFunction*", "s3:Get*Configuration", "s3:GetBucket*")


def statements(environments: Sequence[Environment], *, place: Place) -> list[iam.PolicyStatement]:
    """The role's permissions: CloudFormation reads each resource as whoever asks for drift.

    On what has the project's name in this account. All in one statement, since a document for each environment and
    service would be too long: an action of one service fits no other's resources.
    """
    actions: set[str] = set()
    resources: set[str] = set()
    for environment in environments:
        candidates = list(scopes(names_of(environment, place=place)))
        for action in _read(environment):
            for scope in scopes_of(action, candidates):
                if scope.resources != ("*",):
                    actions.add(action)
                    resources |= {_of_project(each, environment) for each in scope.resources}
    without = {action for each in environments for action in _read(each)} - actions
    stacks = [place.stacks(environment.settings) for environment in environments]
    detection = [each for each in (*CHANGES, *DETECTION) if each not in _UNNARROWED]
    return [
        iam.PolicyStatement(actions=detection, resources=stacks),
        iam.PolicyStatement(actions=_short(actions), resources=sorted(resources)),
        iam.PolicyStatement(actions=_short({*without, *_UNNARROWED}), resources=["*"]),
    ]


def _read(environment: Environment) -> set[str]:
    """What reading an environment's resources calls."""
    types = {str(resource["Type"]) for _, resource in environment.resources()}
    services = {kind.split("::")[1].lower() for kind in types if kind.startswith("AWS::")}
    own = {action for action in READERS if action.partition(":")[0] in services and action not in RARE}
    return {*own, *read_actions(types)}


def _short(actions: Iterable[str]) -> list[str]:
    def shortened(action: str) -> str:
        return next((pattern for pattern in _TOGETHER if fnmatchcase(action, pattern)), action)

    return sorted({shortened(action) for action in actions})


def _of_project(arn: str, environment: Environment) -> str:
    """An ARN for every environment of the project in place of one."""
    settings = environment.settings
    project = settings.stack_name("").removesuffix(f"{settings.name}-")
    named = arn.replace(settings.stack_name(""), project)
    named = named.replace(f"/{settings.project}/{settings.name}/", f"/{settings.project}/")
    named = named.replace(f"{settings.prefix}-", f"{settings.project}-")
    return named.replace(f"{settings.prefix}*", f"{settings.project}-*").replace(
        settings.prefix, f"{settings.project}-*"
    )
