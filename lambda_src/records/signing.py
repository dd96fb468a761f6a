"""The keys that sign cursors, read from Secrets Manager: the current one, and the one before the last rotation."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.common import aws
from lambda_src.common.problems import Problem

# A rotated key signs within this time; what another copy of the function signed with it holds at once.
KEPT_SECONDS = 300.0
# Cursors that somebody made up cost a look-up in so long, not one each.
YOUNG_SECONDS = 5.0
_RETRY_SECONDS = 1.0  # without any key
_STAGES = ("AWSCURRENT", "AWSPREVIOUS")


def make_client() -> Any:
    """A Secrets Manager client whose waits stay far below the API's."""
    return aws.client("secretsmanager", connect_timeout=1.0, read_timeout=2.0, attempts=2)


class SigningKeys:
    """Reads `secret` (its ARN) with the client that `make` makes when it is first needed.

    Raises Problem 503 where no key is known and Secrets Manager gives none; keys that are known go on.
    """

    def __init__(
        self, make: Callable[[], Any], *, secret: str, logger: Any, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._make = make
        self._secret = secret
        self._logger = logger
        self._now = now
        self._keys: tuple[bytes, ...] = ()
        self._asked = float("-inf")

    def known(self) -> tuple[bytes, ...]:
        """The keys whose signatures hold, the current one first."""
        return self._after(KEPT_SECONDS)

    def anew(self) -> tuple[bytes, ...]:
        """The same as they are by now, unless they were read just before."""
        return self._after(YOUNG_SECONDS)

    def _after(self, seconds: float) -> tuple[bytes, ...]:
        if self._now() - self._asked < (seconds if self._keys else _RETRY_SECONDS):
            return self._held()
        self._asked = self._now()
        try:
            self._keys = tuple(key for stage in _STAGES if (key := self._read(stage)))
        except (BotoCoreError, ClientError) as error:
            self._logger.error("the cursors' keys cannot be read", cause=str(error)[:500])
        return self._held()

    def _held(self) -> tuple[bytes, ...]:
        if not self._keys:
            detail = "Cursors cannot be signed or checked at the moment. Try again in a few seconds."
            raise Problem("storage-unavailable", detail, headers={"retry-after": "5"})
        return self._keys

    def _read(self, stage: str) -> bytes:
        try:
            answer = self._make().get_secret_value(SecretId=self._secret, VersionStage=stage)
        except ClientError as error:
            # Before the first rotation nothing has the second stage.
            if aws.error_code(error) == "ResourceNotFoundException" and stage != _STAGES[0]:
                return b""
            raise
        return str(answer["SecretString"]).encode()
