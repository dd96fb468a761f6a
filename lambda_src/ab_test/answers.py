"""The label that a model's endpoint gives to texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lambda_src.common import aws

AT_ONCE = 16  # texts of one call


def make_client() -> Any:
    """A client that waits briefly: what is not answered now is answered by a later step."""
    return aws.client("sagemaker-runtime", connect_timeout=2.0, read_timeout=20.0, attempts=2)


class Answers:
    """Endpoints by their names. Raises botocore's errors, and ValueError for an answer that cannot be read."""

    def __init__(self, runtime: Any) -> None:
        self._runtime = runtime

    def labels(self, endpoint: str, texts: Sequence[str]) -> list[str]:
        """The label of each text."""
        found: list[str] = []
        for start in range(0, len(texts), AT_ONCE):
            found += self._labels(endpoint, texts[start : start + AT_ONCE])
        return found

    def _labels(self, endpoint: str, texts: Sequence[str]) -> list[str]:
        body = json.dumps({"inputs": list(texts)}, ensure_ascii=False).encode()
        kind = {"ContentType": "application/json", "Accept": "application/json"}
        answer = self._runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **kind)
        try:
            predictions = json.loads(answer["Body"].read())["predictions"]
            labels = [str(each["predicted_label"]) for each in predictions]
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"the endpoint {endpoint} gave an answer that cannot be read") from error
        if len(labels) != len(texts):
            raise ValueError(f"the endpoint {endpoint} gave {len(labels)} answers to {len(texts)} texts")
        return labels
