"""The API: a key, the first answer, feedback."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from contracts.deployment import stack_outputs
from tools.acceptance.errors import StepError
from tools.acceptance.run import Run, Skip
from tools.acceptance.steps import samples

_SECONDS = 35.0  # the gateway gives up after 30
_WAIT = 120.0
_UNKNOWN_KEY = "rk_acceptance0_" + "0" * 43


def key(run: Run) -> dict[str, Any]:
    """A key is created, works, and is listed without its secret; a wrong key is refused."""
    _need_keys(run)
    made = json.loads(
        run.rubric(
            *("keys", "create", "--name", "acceptance", "--scopes", "classify,feedback", "--expires", "1d", "--json")
        )
    )
    run.facts["key"] = made["key"]
    listed = json.loads(run.rubric("keys", "list", "--json"))
    if [each["name"] for each in listed] != ["acceptance"] or made["key"] in json.dumps(listed):
        raise StepError(f"`rubric keys list` does not show the one key, or shows too much of it: {len(listed)} keys")
    run.facts["url"] = run.outputs()[stack_outputs.API_URL].rstrip("/")
    status, _ = call(run, "/v1/classify", {"inputs": samples.texts(run.settings)[0]}, key=_UNKNOWN_KEY)
    if status != 401:
        raise StepError(f"An invented key gets {status}, not 401")
    return {"keys": len(listed), "unknown key": status}


def first_answer(run: Run) -> dict[str, Any]:
    """The deployed API classifies every sample."""
    _need_keys(run)
    answer = run.wait("The first answer", lambda: _classified(run), seconds=_WAIT)
    predictions, texts = answer["predictions"], samples.texts(run.settings)
    if len(predictions) != len(texts) or not all(each["predicted_label"] in each["labels"] for each in predictions):
        raise StepError(f"{len(texts)} texts got {len(predictions)} predictions")
    run.facts |= {"request": answer["request_id"], "labels": predictions[0]["labels"], "model": answer["model_version"]}
    return {
        "model": answer["model_version"],
        "ms": answer["latency_ms"],
        "labels": dict(zip(texts, (each["predicted_label"] for each in predictions), strict=True)),
    }


def feedback(run: Run) -> dict[str, Any]:
    """Feedback on a wrong answer is stored; the log's record may arrive a moment after the answer."""
    _need_keys(run)
    request = {"request_id": run.facts["request"], "label": run.facts["labels"][0], "position": 0}

    def accepted() -> dict[str, Any] | None:
        status, answer = call(run, "/v1/feedback", request, key=run.facts["key"])
        return answer if status == 200 else None

    first = run.wait("Feedback on the first answer", accepted, seconds=_WAIT)
    _, again = call(run, "/v1/feedback", request, key=run.facts["key"])
    if again.get("label") != request["label"] or again.get("feedback_time") != first["feedback_time"]:
        raise StepError("Repeated feedback gets a different answer from the first time")
    return {"label": first["label"], "predicted": first["predicted_label"]}


def serving(run: Run) -> str:
    """The version of the model that answers the API now; "" if it does not answer."""
    answer = _classified(run)
    return str(answer["model_version"]) if answer else ""


def call(run: Run, path: str, body: dict[str, Any], *, key: str) -> tuple[int, dict[str, Any]]:
    """(status, JSON object) of a POST; 0 if nothing answers."""
    request = urllib.request.Request(
        f"{run.facts['url']}{path}",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "x-api-key": key},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:
            return response.status, dict(json.loads(response.read()))
    except urllib.error.HTTPError as error:
        return error.code, {"detail": error.read().decode("utf-8", "replace")[:500]}
    except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError) as error:
        return 0, {"detail": str(error)}


def _classified(run: Run) -> dict[str, Any] | None:
    status, answer = call(run, "/v1/classify", {"inputs": list(samples.texts(run.settings))}, key=run.facts["key"])
    return answer if status == 200 else None


def _need_keys(run: Run) -> None:
    if run.settings.api.auth != "keys":
        raise Skip(f"api.auth is {run.settings.api.auth}: this run has no caller of that kind")
