"""The steps of a rotation ("Lambda rotation functions" in Secrets Manager's user guide), each of which may come twice,
or so late that its rotation is long over.

A new version waits under AWSPENDING until the last step makes it AWSCURRENT; Secrets Manager then puts AWSPREVIOUS
on the version that was current, whose signatures hold until the next rotation. Secrets Manager makes the version's id,
with AWSPENDING, before the first step (VersionIdsToStages of DescribeSecret in its API reference). So a version with
neither that label nor AWSCURRENT belongs to a rotation that has ended or was cancelled.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common import aws

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
_KEY_BYTES = 32


@dataclass(frozen=True)
class _Rotation:
    """token: the new version's id."""

    client: Any
    secret: str
    token: str

    def stages(self) -> dict[str, list[str]]:
        """The labels by version."""
        stages: dict[str, list[str]] = self.client.describe_secret(SecretId=self.secret)["VersionIdsToStages"]
        return stages

    def value(self) -> str | None:
        """The new version's value; None while it has none."""
        try:
            return str(self.client.get_secret_value(SecretId=self.secret, VersionId=self.token)["SecretString"])
        except ClientError as error:
            if aws.error_code(error) == "ResourceNotFoundException":
                return None
            raise
        except KeyError:  # the version exists and is empty
            return None


def step(name: str, *, client: Any, secret: str, token: str) -> None:
    """Performs the step. token: the new version's id. Raises botocore's errors, and ValueError if the step does not
    exist or belongs to a rotation that is no longer in progress.
    """
    if name not in _STEPS:
        raise ValueError(f"{name[:50]!r} is not a step of a rotation")
    _STEPS[name](_Rotation(client, secret, token))


def _create(rotation: _Rotation) -> None:
    if not _is_pending(rotation, rotation.stages()) or rotation.value() is not None:
        return
    try:
        rotation.client.put_secret_value(
            SecretId=rotation.secret,
            ClientRequestToken=rotation.token,
            SecretString=secrets.token_urlsafe(_KEY_BYTES),
            VersionStages=[PENDING],
        )
    except ClientError as error:
        # The same step came twice and has created a key meanwhile: a version's value is never replaced.
        if aws.error_code(error) != "ResourceExistsException":
            raise


def _set(rotation: _Rotation) -> None:
    """Nothing to do: only the API's functions use the key, and they read it from the secret."""


def _test(rotation: _Rotation) -> None:
    # When a schedule is set, only this step is called, on a version that may not have a value.
    value = rotation.value()
    if value is not None and len(value) < _KEY_BYTES:
        raise ValueError("the new key is too short to sign with")


def _finish(rotation: _Rotation) -> None:
    stages = rotation.stages()
    if not _is_pending(rotation, stages):
        return
    if len(rotation.value() or "") < _KEY_BYTES:
        raise ValueError("the new version has no key to sign with")
    current = next(version for version, names in stages.items() if CURRENT in names)
    # Refused where another rotation has moved the label since (RemoveFromVersionId in the API reference).
    rotation.client.update_secret_version_stage(
        SecretId=rotation.secret, VersionStage=CURRENT, MoveToVersionId=rotation.token, RemoveFromVersionId=current
    )


def _is_pending(rotation: _Rotation, stages: dict[str, list[str]]) -> bool:
    """Whether the new version has yet to become current. Raises ValueError if it must not become current any more: an
    old key would be current again, and the key that signed since would be valid for one rotation less.
    """
    names = stages.get(rotation.token, [])
    if CURRENT in names:
        return False
    if PENDING not in names:
        raise ValueError(f"the version {rotation.token} belongs to no rotation in progress: it is not changed")
    return True


_STEPS: dict[str, Callable[[_Rotation], None]] = {
    "createSecret": _create,
    "setSecret": _set,
    "testSecret": _test,
    "finishSecret": _finish,
}
