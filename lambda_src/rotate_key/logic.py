"""The steps of a rotation ("Lambda rotation functions" in Secrets Manager's user guide), each of which may come twice.

A new version waits under AWSPENDING until the last step makes it AWSCURRENT; Secrets Manager then puts AWSPREVIOUS
on the version that was current, whose signatures hold until the next rotation.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common import aws

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
_KEY_BYTES = 32


def step(name: str, *, client: Any, secret: str, token: str) -> None:
    """Takes the step. token: the new version's id. Raises ValueError where it is no step, and botocore's errors."""
    if name not in _STEPS:
        raise ValueError(f"{name[:50]!r} is not a step of a rotation")
    _STEPS[name](client, secret, token)


def _create(client: Any, secret: str, token: str) -> None:
    if _value(client, secret, token) is None:
        client.put_secret_value(
            SecretId=secret,
            ClientRequestToken=token,
            SecretString=secrets.token_urlsafe(_KEY_BYTES),
            VersionStages=[PENDING],
        )


def _set(client: Any, secret: str, token: str) -> None:
    """Nobody but the API's functions uses the key, and they read it here."""


def _test(client: Any, secret: str, token: str) -> None:
    # Asked by itself when a schedule is set, on a version that need not have a value.
    value = _value(client, secret, token)
    if value is not None and len(value) < _KEY_BYTES:
        raise ValueError("the new key is too short to sign with")


def _finish(client: Any, secret: str, token: str) -> None:
    stages: dict[str, list[str]] = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    current = next(version for version, names in stages.items() if CURRENT in names)
    if current != token:
        client.update_secret_version_stage(
            SecretId=secret, VersionStage=CURRENT, MoveToVersionId=token, RemoveFromVersionId=current
        )


def _value(client: Any, secret: str, token: str) -> str | None:
    try:
        return str(client.get_secret_value(SecretId=secret, VersionId=token)["SecretString"])
    except ClientError as error:
        if aws.error_code(error) == "ResourceNotFoundException":
            return None
        raise
    except KeyError:  # the version is there and empty
        return None


_STEPS: dict[str, Callable[[Any, str, str], None]] = {
    "createSecret": _create,
    "setSecret": _set,
    "testSecret": _test,
    "finishSecret": _finish,
}
