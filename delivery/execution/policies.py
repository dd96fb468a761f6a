"""The policies of the role with which CloudFormation deploys the environments, in place of AdministratorAccess."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from delivery.execution.documents import documents, statements
from delivery.execution.needs import actions
from delivery.execution.scopes import Names, Scope, scopes, scopes_of
from delivery.execution.templates import Environment
from delivery.place import Place

# API Gateway developer guide, "api-gateway-iam-policy-resource": an HTTP API's paths and a REST API's.
_API_PATHS = {"AWS::ApiGatewayV2::Api": "/apis", "AWS::ApiGateway::RestApi": "/restapis"}
Document = dict[str, Any]


def execution_policies(environments: Sequence[Environment], *, place: Place) -> list[Document]:
    """The documents: what creating, updating and deleting the environments' resources takes."""
    return documents(statements(each for environment in environments for each in allowed(environment, place=place)))


def allowed(environment: Environment, *, place: Place) -> Iterator[tuple[str, Scope]]:
    """The actions of an environment, each with where it is allowed."""
    candidates = list(scopes(names_of(environment, place=place)))
    for action in sorted(frozenset().union(*actions(environment).values())):
        for scope in scopes_of(action, candidates):
            yield action, scope


def names_of(environment: Environment, *, place: Place) -> Names:
    """How an environment's resources are called."""
    secrets = sorted({name for name, _ in environment.resources("AWS::SecretsManager::Secret")})
    types = {str(resource["Type"]) for _, resource in environment.resources()}
    return Names(
        settings=environment.settings,
        place=place,
        secrets=tuple(secrets),
        services=tuple(_services(environment)),
        apis=tuple(path for kind, path in _API_PATHS.items() if kind in types),
    )


def _services(environment: Environment) -> list[str]:
    """The services that may assume the environment's roles, and so are passed them."""
    found = set()
    for _, role in environment.resources("AWS::IAM::Role"):
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            found.add(str(statement["Principal"]["Service"]))
    return sorted(found)
