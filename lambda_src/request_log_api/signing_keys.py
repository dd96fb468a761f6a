"""The keys that sign cursors, read from Secrets Manager: the current one and the previous one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.common import aws
from lambda_src.common.problems import Problem

# How long the keys are cached: a rotated key signs here within this time, but its signatures are valid at once.
KEPT_SECONDS = 300.0
# Forged cursors cause at most this many look-ups in this time, not one each. After so many in vain, a key that began
# to sign since then is not known yet.
MOST_IN_VAIN, IN_VAIN_SECONDS = 10, 50.0
_RETRY_SECONDS = 1.0  # without any key
_STAGES = ("AWSCURRENT", "AWSPREVIOUS")


def make_client() -> Any:
    """A Secrets Manager client whose waits stay far below the API's."""
    return aws.client("secretsmanager", connect_timeout=1.0, read_timeout=2.0, attempts=2)


class SigningKeys:
    """Reads `secret` (its ARN) with the client that `make` makes when it is first needed.

    Raises Problem 503 if no key is known and Secrets Manager returns none; known keys stay valid.
    They are not in a TTLCache, which drops what it cannot renew.
    """

    def __init__(
        self, make: Callable[[], Any], *, secret: str, logger: Any, now: Callable[[], float] = time.time
    ) -> None:
        self._make = make
        self._secret = secret
        self._logger = logger
        self._now = now
        self._keys: tuple[bytes, ...] = ()
        self._read_at = self._failed = float("-inf")
        self._in_vain: deque[float] = deque([float("-inf")] * MOST_IN_VAIN, maxlen=MOST_IN_VAIN)

    def known(self) -> tuple[bytes, ...]:
        """The keys whose signatures are valid, the current one first."""
        if self._now() - self._read_at >= (KEPT_SECONDS if self._keys else _RETRY_SECONDS):
            self._look()
        return self._held()

    def reread(self) -> tuple[bytes, ...]:
        """The keys as they are now, unless too many reads were in vain. Raises Problem 503 if Secrets Manager does not
        answer: a signature that matches no known key may be that of a newer one.
        """
        if self._now() - self._failed < _RETRY_SECONDS:
            raise _unavailable()
        if self._now() - self._in_vain[0] >= IN_VAIN_SECONDS:
            before = self._keys
            if not self._look():
                raise _unavailable()
            if self._keys == before:
                self._in_vain.append(self._now())
        return self._held()

    def _look(self) -> bool:
        """Reads the keys; returns whether Secrets Manager answered."""
        self._read_at = self._now()
        try:
            self._keys = tuple(key for stage in _STAGES if (key := self._read(stage)))
        except (BotoCoreError, ClientError) as error:
            self._failed = self._now()
            self._logger.error("the cursors' keys cannot be read", cause=str(error)[:500])
            return False
        return True

    def _held(self) -> tuple[bytes, ...]:
        if not self._keys:
            raise _unavailable()
        return self._keys

    def _read(self, stage: str) -> bytes:
        try:
            answer = self._make().get_secret_value(SecretId=self._secret, VersionStage=stage)
        except ClientError as error:
            # Before the first rotation no version has the second stage.
            if aws.error_code(error) == "ResourceNotFoundException" and stage != _STAGES[0]:
                return b""
            raise
        return str(answer["SecretString"]).encode()


def _unavailable() -> Problem:
    detail = "Cursors cannot be signed or checked at the moment. Try again in a few seconds."
    return Problem("storage-unavailable", detail, headers={"retry-after": "5"})
