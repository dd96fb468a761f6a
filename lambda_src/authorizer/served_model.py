"""The approved model's version, for the answers that no model gave: read from SSM now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts import buckets
from lambda_src.common import approved_model

KEPT_SECONDS = 30.0
PAUSE_SECONDS = 5.0  # after a failure: each try could add its timeout to a request


class ServedModel:
    """Reads `parameter` with the client that `ssm` makes when it is first needed."""

    def __init__(
        self, ssm: Callable[[], Any], *, parameter: str, logger: Any, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ssm = ssm
        self._parameter = parameter
        self._logger = logger
        self._now = now
        self._known = ""
        self._until = float("-inf")

    def version(self) -> str:
        """The version, or "" while it cannot be told. Never raises for a failing SSM."""
        if self._now() < self._until:
            return self._known
        try:
            self._known = buckets.model_version(approved_model.read(self._ssm(), parameter=self._parameter))
            self._until = self._now() + KEPT_SECONDS
        except (BotoCoreError, ClientError) as error:
            self._logger.warning("the approved model's name cannot be read", cause=str(error)[:300])
            self._until = self._now() + PAUSE_SECONDS
        return self._known
