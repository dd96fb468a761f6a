"""Calls of the function that runs A/B tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import sleep
from typing import Any, cast

from botocore.config import Config

from contracts.ab_tests import record
from contracts.ab_tests.record import Record
from contracts.deployment import stack_outputs
from ops.deployment.cloud import Cloud
from ops.errors import FAILED, NOT_FOUND, OpsError

# A step may take the function's five minutes, and nothing comes before its answer.
_PATIENT = Config(
    connect_timeout=5, read_timeout=330, tcp_keepalive=True, retries={"mode": "standard", "total_max_attempts": 1}
)
_PAUSE, _LOCAL_PAUSE = 10.0, 1.0  # seconds between steps; the function makes one each minute by itself
NONE = "none"  # the status before the first test
UNDER_WAY = (record.STARTING, record.CLASSIFYING, record.ENDING)


def call(cloud: Cloud, action: str, **request: Any) -> dict[str, Any]:
    """The function's answer. Raises OpsError with its sentence if it refuses, or if it fails."""
    function = cloud.stacks.need(stack_outputs.AB_TEST_FUNCTION_NAME)
    given = {name: value for name, value in request.items() if value is not None}
    payload = json.dumps({"action": action, **given}).encode()
    invoked = cloud.client("lambda", config=_PATIENT).invoke(FunctionName=function, Payload=payload)
    answer = _document(invoked["Payload"].read())
    if invoked.get("FunctionError") or "status" not in answer:
        raise OpsError(f"The call failed: {answer.get('errorMessage', 'the log of its function has the reason')}")
    if answer["status"] == "refused":
        raise OpsError(_sentence(str(answer["reason"])), status=FAILED)
    return answer


def test_of(cloud: Cloud, test_id: str | None = None) -> dict[str, Any]:
    """A test, by default the last one: its record, whose `open` disagreements have no label. OpsError without one."""
    answer = call(cloud, "status", test_id=test_id)
    if not answer.get("test"):
        raise OpsError("No A/B test was made yet: `rubric ab start VERSION --mode replay` starts one", status=NOT_FOUND)
    return cast(dict[str, Any], answer["test"])


def running(cloud: Cloud) -> Record | None:
    """The test that has not ended yet."""
    test = call(cloud, "status").get("test")
    return None if test is None or test["phase"] == record.ENDED else cast(Record, test)


def steps(cloud: Cloud, test: dict[str, Any]) -> Iterator[dict[str, str]]:
    """What happens to a test, from its first step until it runs or has ended. Returns the test with its last state.

    Each look does the test's next step, which would come within a minute by itself.
    """
    shown = 0
    while True:
        yield from test["steps"][shown:]
        shown = len(test["steps"])
        if test["phase"] not in UNDER_WAY:
            return
        sleep(_LOCAL_PAUSE if cloud.is_local else _PAUSE)
        answer = call(cloud, "step")
        stepped = answer.get("test")
        if stepped is None or stepped["test_id"] != test["test_id"]:
            return
        test.update(stepped)


def _document(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {}


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
