"""The function that checks API keys."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from contracts.api.limits import AUTHORIZER_SECONDS
from environments.settings import Settings
from stacks.api import bedrock_access, trained_model
from stacks.deployment import Deployment
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction
from stacks.stores import Stores


class Authorizer(PythonFunction):
    """The function; it also returns the version of the model that serves.

    If `api.auth` does not use keys, it exists without permissions and nothing calls it: the stack still exports its
    name, and `api.auth` can be changed in one deploy.
    """

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores) -> None:
        settings = deployment.settings
        checks = settings.api.auth == "keys"
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            folder="authorizer",
            description="Checks the API key of a request." if checks else "Not used: api.auth does not use API keys.",
            environment=_variables(settings, stores=stores) if checks else {},
            timeout=cdk.Duration.seconds(AUTHORIZER_SECONDS),
            memory_mb=512,
        )
        if not checks:
            return
        allow(self.role, "dynamodb:GetItem", on=stores.api_keys.arn)
        allow(self.role, "dynamodb:UpdateItem", on=stores.usage.arn)
        use_key(self.role, stores.key_arn)
        if settings.classifier.trained:
            trained_model.allow_parameter(self.role, settings)


def _variables(settings: Settings, *, stores: Stores) -> dict[str, str]:
    classifier = settings.classifier
    served = (
        trained_model.parameter_variables(settings)
        if classifier.trained
        else {"MODEL_VERSION": bedrock_access.asked(classifier.bedrock)}
    )
    return {
        "API_KEYS_TABLE": stores.api_keys.name,
        "KEY_CACHE_SECONDS": str(settings.api.key_cache_seconds),
        "USAGE_TABLE": stores.usage.name,
        "DEFAULT_RATE": str(settings.api.default_key_rate),
        "DEFAULT_BURST": str(settings.api.default_key_burst),
        **served,
    }
