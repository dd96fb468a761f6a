"""Whether the model answers: one tiny inference, cached for a few seconds because the route is public."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from cachetools import TTLCache

from lambda_src.common import aws

CACHE_SECONDS = 5
_BODY = json.dumps({"inputs": ["health"]}).encode()


def make_client() -> Any:
    """A client that waits three seconds for the model: a slower one counts as failed."""
    return aws.client("sagemaker-runtime", connect_timeout=1.0, read_timeout=3.0, attempts=1)


def make_describing_client() -> Any:
    """A client that waits three seconds for SageMaker."""
    return aws.client("sagemaker", connect_timeout=1.0, read_timeout=3.0, attempts=1)


class ModelCheck:
    """Checks the endpoint called `endpoint`.

    describes: of a model that sleeps, a SageMaker client in whose words it is well: asking it would wake it or keep it
    awake.
    """

    def __init__(
        self,
        runtime: Any,
        *,
        endpoint: str,
        logger: Any,
        describes: Any = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._runtime = runtime
        self._describes = describes
        self._endpoint = endpoint
        self._logger = logger
        self._known: TTLCache[str, bool, float] = TTLCache(1, ttl=CACHE_SECONDS, timer=now)  # by the endpoint's name

    def is_well(self) -> bool:
        """Whether the model answered, now or at most CACHE_SECONDS ago."""
        answered = self._known.get(self._endpoint)
        if answered is None:
            well = self._answers() if self._describes is None else self._is_in_service()
            answered = self._known[self._endpoint] = well
        return answered

    def _is_in_service(self) -> bool:
        """Whether the component is there, asleep or awake."""
        try:
            answer = self._describes.describe_inference_component(InferenceComponentName=self._endpoint)
        except (BotoCoreError, ClientError) as error:
            self._logger.warning("the model cannot be described", endpoint=self._endpoint, cause=str(error)[:500])
            return False
        return answer["InferenceComponentStatus"] in ("InService", "Updating")

    def _answers(self) -> bool:
        try:
            answer = self._runtime.invoke_endpoint(
                EndpointName=self._endpoint, ContentType="application/json", Accept="application/json", Body=_BODY
            )
            document = json.loads(answer["Body"].read())
        except (BotoCoreError, ClientError, ValueError, RecursionError) as error:
            self._logger.warning("the model does not answer", endpoint=self._endpoint, cause=str(error)[:500])
            return False
        predictions = document.get("predictions") if isinstance(document, dict) else None
        return isinstance(predictions, list) and len(predictions) == 1
