"""Find secrets in drift detection: a secret's physical id is its ARN, and MiniStack looks for a secret of that name.

It reported every secret as DELETED. `Ref` of AWS::SecretsManager::Secret is the ARN (CloudFormation's template
reference, "Return values").
"""

from collections.abc import Callable
from typing import Any

from local_aws import private_api

_WHAT = "find secrets by their ARN in drift detection"
_TYPE = "AWS::SecretsManager::Secret"
_READERS = private_api.declare("ministack.services.cloudformation.drift", "_DRIFT_READERS", _WHAT)
_RESOLVE = private_api.declare(
    "ministack.services.secretsmanager", "_resolve", _WHAT, takes=("secret_id", "use_arn_scope")
)

Reader = Callable[[str, dict[str, Any]], dict[str, Any] | None]


def install() -> None:
    """Give the reader the name that the ARN stands for."""
    readers: dict[str, tuple[Reader, frozenset[str]]] = _READERS.get()
    by_name, properties = readers[_TYPE]
    resolve = _RESOLVE.get()

    def by_arn(physical_id: str, expected: dict[str, Any]) -> dict[str, Any] | None:
        name, _ = resolve(physical_id)
        return by_name(name, expected) if name else None

    readers[_TYPE] = (by_arn, properties)
