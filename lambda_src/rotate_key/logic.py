"""The steps of a rotation ("Lambda rotation functions" in Secrets Manager's user guide), each of which may come twice,
or so late that its rotation is long over.

A new version waits under AWSPENDING until the last step makes it AWSCURRENT; Secrets Manager then puts AWSPREVIOUS
on the version that was current, whose signatures hold until the next rotation. Secrets Manager makes the version's id,
with AWSPENDING, before the first step (VersionIdsToStages of DescribeSecret in its API reference): so whoever has
neither that label nor AWSCURRENT is of a rotation that was over, or called off, before.
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
        found: dict[str, list[str]] = self.client.describe_secret(SecretId=self.secret)["VersionIdsToStages"]
        return found

    def value(self) -> str | None:
        """The new version's, None while it has none."""
        try:
            return str(self.client.get_secret_value(SecretId=self.secret, VersionId=self.token)["SecretString"])
        except ClientError as error:
            if aws.error_code(error) == "ResourceNotFoundException":
                return None
            raise
        except KeyError:  # the version is there and empty
            return None


def step(name: str, *, client: Any, secret: str, token: str) -> None:
    """Takes the step. token: the new version's id. Raises ValueError where it is no step, or one of a rotation that is
    no longer under way, and botocore's errors.
    """
    if name not in _STEPS:
        raise ValueError(f"{name[:50]!r} is not a step of a rotation")
    _STEPS[name](_Rotation(client, secret, token))


def _create(rotation: _Rotation) -> None:
    if not _is_to_come(rotation, rotation.stages()) or rotation.value() is not None:
        return
    try:
        rotation.client.put_secret_value(
            SecretId=rotation.secret,
            ClientRequestToken=rotation.token,
            SecretString=secrets.token_urlsafe(_KEY_BYTES),
            VersionStages=[PENDING],
        )
    except ClientError as error:
        # The same step, which came twice, has made a key up meanwhile: a version's value is never replaced.
        if aws.error_code(error) != "ResourceExistsException":
            raise


def _set(rotation: _Rotation) -> None:
    """Nobody but the API's functions uses the key, and they read it here."""


def _test(rotation: _Rotation) -> None:
    # Asked by itself when a schedule is set, on a version that need not have a value.
    value = rotation.value()
    if value is not None and len(value) < _KEY_BYTES:
        raise ValueError("the new key is too short to sign with")


def _finish(rotation: _Rotation) -> None:
    stages = rotation.stages()
    if not _is_to_come(rotation, stages):
        return
    if len(rotation.value() or "") < _KEY_BYTES:
        raise ValueError("the new version has no key to sign with")
    current = next(version for version, names in stages.items() if CURRENT in names)
    # Refused where another rotation has moved the label since (RemoveFromVersionId in the API reference).
    rotation.client.update_secret_version_stage(
        SecretId=rotation.secret, VersionStage=CURRENT, MoveToVersionId=rotation.token, RemoveFromVersionId=current
    )


def _is_to_come(rotation: _Rotation, stages: dict[str, list[str]]) -> bool:
    """Whether the new version has yet to become the current one. Raises ValueError where it must not any more: an old
    key would be current again, and the one that signed since would hold for a rotation less.
    """
    names = stages.get(rotation.token, [])
    if CURRENT in names:
        return False
    if PENDING not in names:
        raise ValueError(f"the version {rotation.token} is of no rotation that is under way: it stays as it is")
    return True


_STEPS: dict[str, Callable[[_Rotation], None]] = {
    "createSecret": _create,
    "setSecret": _set,
    "testSecret": _test,
    "finishSecret": _finish,
}
