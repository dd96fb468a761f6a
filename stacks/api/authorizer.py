"""The function that checks API keys."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk

from contracts.limits import AUTHORIZER_SECONDS
from stacks.base import RubricStack
from stacks.constructs.permissions import allow, use_key
from stacks.constructs.python_function import PythonFunction
from stacks.deployment import Deployment
from stacks.stores import Stores


def authorizer(
    stack: RubricStack, *, deployment: Deployment, stores: Stores, served: Mapping[str, str], checks: bool
) -> PythonFunction:
    """`Authorizer` of the stack. served: variables that say which model serves.

    Where it is not what `checks` keys, it is there without permissions and nothing calls it: the stack goes on
    exporting its name, so that `api.auth` can be changed in one deploy.
    """
    api = deployment.settings.api
    variables = {
        "API_KEYS_TABLE": stores.api_keys.name,
        "KEY_CACHE_SECONDS": str(api.key_cache_seconds),
        "USAGE_TABLE": stores.usage.name,
        "DEFAULT_RATE": str(api.default_key_rate),
        "DEFAULT_BURST": str(api.default_key_burst),
        **served,
    }
    function = PythonFunction(
        stack,
        "Authorizer",
        deployment=deployment,
        name="authorizer",
        description="Checks the API key of a request." if checks else "Idle: api.auth takes no API keys.",
        environment=variables if checks else {},
        timeout=cdk.Duration.seconds(AUTHORIZER_SECONDS),
        memory_mb=512,
    )
    if checks:
        allow(function.role, "dynamodb:GetItem", on=stores.api_keys.arn)
        allow(function.role, "dynamodb:UpdateItem", on=stores.usage.arn)
        use_key(function.role, stores.key_arn)
    return function
