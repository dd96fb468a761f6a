"""The approved model's version, for responses that need no model: read from SSM and cached."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.common.approved_model import ApprovedModel

KEPT_SECONDS = 30.0
PAUSE_SECONDS = 5.0  # after a failure, because each try could add its timeout to a request


class ServedModel:
    """Reads `parameter` with the client that `ssm` makes when it is first needed.

    The pause is no TTLCache: it comes after a failure too, and meanwhile the last version is still the answer.
    """

    def __init__(
        self, ssm: Callable[[], Any], *, parameter: str, logger: Any, now: Callable[[], float] = time.time
    ) -> None:
        self._approved = ApprovedModel(ssm, parameter=parameter, ttl=KEPT_SECONDS, now=now)
        self._logger = logger
        self._now = now
        self._paused_until = float("-inf")

    def version(self) -> str:
        """The version, or "" while it is unknown. Never raises if SSM fails."""
        if self._now() < self._paused_until:
            return self._approved.last_version
        try:
            if not self._approved.version():
                self._paused_until = self._now() + KEPT_SECONDS
        except (BotoCoreError, ClientError) as error:
            self._logger.warning("the approved model's name cannot be read", cause=str(error)[:300])
            self._paused_until = self._now() + PAUSE_SECONDS
        return self._approved.last_version
