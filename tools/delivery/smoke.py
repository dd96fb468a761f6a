"""The smoke test of a deployed environment, through its API, as any caller makes requests."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from contracts.deployment import stack_outputs
from ops.api import keys
from ops.api.key_record import Limits
from ops.deployment.cloud import Cloud
from tools.delivery.errors import DeliveryError

TEXTS = ("Shares slide as bank warns of higher rates", "Singer announces world tour after a year away")
SCOPES = ("classify", "read")
KEY_LIVES = timedelta(minutes=30)
_GATEWAY_SECONDS = 35.0  # the gateway gives up after 30
# New code answers soon after its stack is deployed, a row may go by way of the redrive queue: both within this.
PATIENCE_SECONDS = 90
_EVERY_SECONDS = 1.0


class Smoke:
    """Health, a classification, the model's version, the request's row in the log. key: "" makes one for the test.

    model: the version that served before an infrastructure change, which must not have changed; "" if there was none.
    """

    def __init__(
        self, cloud: Cloud, *, key: str, model: str, say: Callable[[str], None], patience: float = PATIENCE_SECONDS
    ) -> None:
        self._cloud = cloud
        self._given = key
        self._model = model
        self._say = say
        self._patience = patience
        self._url = cloud.stacks.need(stack_outputs.API_URL).rstrip("/")

    def run(self) -> None:
        """Every check in turn. Raises DeliveryError with one sentence at the first that fails."""
        health = self._until("GET /health?deep=true", lambda: self._call("GET", "/health?deep=true"))
        self._say(f"GET /health?deep=true answers: model {health['model_version'] or 'unknown'}")
        if self._cloud.settings.api.auth != "keys" and not self._given:
            self._say(f"api.auth is {self._cloud.settings.api.auth}: without a caller, no other route is tested")
            return
        with self._key() as key:
            answer = self._classified(key)
            self._same_model(answer)
            self._logged(answer["request_id"], key)

    def _classified(self, key: str) -> dict[str, Any]:
        task = self._cloud.settings.task
        texts = [each.text for each in task.words.examples] if task else list(TEXTS)
        answer = self._until("POST /v1/classify", lambda: self._call("POST", "/v1/classify", key, inputs=texts))
        predictions = answer["predictions"]
        labels = [each["predicted_label"] for each in predictions]
        if len(predictions) != len(texts) or not all(each["predicted_label"] in each["labels"] for each in predictions):
            raise DeliveryError(f"POST /v1/classify answers {len(texts)} texts with {labels}")
        self._say(f"POST /v1/classify answers: {', '.join(labels)}, by {answer['model_version']}")
        return answer

    def _same_model(self, answer: dict[str, Any]) -> None:
        if not self._model:
            self._say("no model served before, so there is nothing to compare with")
        elif answer["backend"] != "sagemaker":
            raise DeliveryError(f"{answer['backend']} answers instead of the endpoint")
        elif answer["model_version"] != self._model:
            raise DeliveryError(
                f"{answer['model_version']} answers, and {self._model} did before: an infrastructure change changes no "
                "model"
            )
        else:
            self._say(f"{self._model} answers, as before")

    def _logged(self, request: str, key: str) -> None:
        path = f"/v1/requests/{quote(request, safe='')}"
        found = self._until("The request's row in the log", lambda: self._call("GET", path, key), missing=True)
        if found.get("request_id") != request:
            raise DeliveryError(f"GET /v1/requests/{request} answers for another request: {found.get('request_id')}")
        self._say(f"the request log has {request}")

    @contextmanager
    def _key(self) -> Iterator[str]:
        """The given key, or one for this test, which is revoked after it."""
        if self._given:
            yield self._given
            return
        dynamodb, table = self._cloud.client("dynamodb"), self._cloud.stacks.need(stack_outputs.API_KEYS_TABLE_NAME)
        text, info = keys.create(
            dynamodb,
            table=table,
            name="smoke test",
            expires_at=datetime.now(UTC) + KEY_LIVES,
            history=timedelta(days=1),
            limits=Limits(scopes=SCOPES),
        )
        try:
            yield text
        finally:
            keys.revoke(dynamodb, table=table, key_id=info.key_id)

    def _until(
        self, what: str, ask: Callable[[], tuple[int, dict[str, Any]]], *, missing: bool = False
    ) -> dict[str, Any]:
        """The first 200. An answer that no waiting mends fails at once. missing: whether a 404 is worth a wait."""
        end = time.monotonic() + self._patience
        while True:
            status, answer = ask()
            if status == 200:
                return answer
            mendable = status in (0, 429) or status >= 500 or (missing and status == 404)
            if not mendable or time.monotonic() > end:
                detail = answer.get("detail") or answer.get("title") or answer
                raise DeliveryError(f"{what}: {f'answers {status}' if status else 'nothing answers'}: {detail}")
            time.sleep(_EVERY_SECONDS)

    def _call(self, method: str, path: str, key: str = "", **body: Any) -> tuple[int, dict[str, Any]]:
        """(status, JSON object); status 0 if nothing answers."""
        request = urllib.request.Request(
            f"{self._url}{path}",
            data=json.dumps(body).encode() if body else None,
            headers={"content-type": "application/json", **({"x-api-key": key} if key else {})},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=_GATEWAY_SECONDS) as response:
                return response.status, dict(json.loads(response.read()))
        except urllib.error.HTTPError as error:
            return error.code, _problem(error)
        except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError) as error:
            return 0, {"detail": str(error)}


def _problem(error: urllib.error.HTTPError) -> dict[str, Any]:
    text = error.read().decode("utf-8", "replace")
    try:
        problem = json.loads(text)
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"detail": text[:300]}
