"""While the endpoint has no running server, callers get a Retry-After; then it recovers automatically."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.processes import model_servers
from tests.e2e.test_20_api import HEADLINE

MOST_MS = 3000


@contextmanager
def no_server(cloud: Cloud) -> Iterator[None]:
    """Kills every model server and its replacements until the block ends."""
    over = threading.Event()

    def kill_on() -> None:
        while not over.wait(0.05):
            for server in model_servers(cloud.folder):
                try:
                    os.kill(server, signal.SIGKILL)
                except ProcessLookupError:  # it had already ended
                    continue

    thread = threading.Thread(target=kill_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def logged(cloud: Cloud, request_id: str) -> list[dict[str, Any]]:
    return list(
        cloud.client("dynamodb").query(
            TableName=cloud.outputs("Data")["RequestLogTableName"],
            KeyConditionExpression="request_id = :id",
            ExpressionAttributeValues={":id": {"S": request_id}},
        )["Items"]
    )


def alarm_states(cloud: Cloud) -> dict[str, str]:
    """States of the alarms on the API's 5xx answers, by name."""
    alarms = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {each["AlarmName"]: each["StateValue"] for each in alarms if each.get("MetricName") == "5xx"}


def test_a_stopped_endpoint_is_said_logged_and_alarmed_and_gets_well_by_itself(deployed: Cloud) -> None:
    with deployed.api() as api:
        wait_for("a quiet alarm", lambda: set(alarm_states(deployed).values()) <= {"OK", "INSUFFICIENT_DATA"})
        assert alarm_states(deployed)
        refused = []
        with no_server(deployed):
            wait_for("no server", lambda: not model_servers(deployed.folder), timeout=20, every=0.01)
            for _ in range(4):
                answer = api.post("v1/classify", json={"inputs": [HEADLINE, "a second text"]})
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["retry-after"]) > 0
                assert answer.json()["type"] == "urn:rubric:problem:model-unavailable"
                refused.append(answer.json()["request_id"])
            assert api.get("health").status_code == 200
            assert api.get("health", params={"deep": "true"}).status_code == 503
            wait_for("the alarm", lambda: "ALARM" in alarm_states(deployed).values(), timeout=60)
        for request_id in refused:
            items = logged(deployed, request_id)
            assert [item["text"]["S"] for item in items] == [HEADLINE, "a second text"]
            assert {item["status"]["N"] for item in items} == {"503"}
            assert not [item for item in items if "label" in item]
            # How long the function had to find out: a caller is not kept waiting for an endpoint that is not there.
            assert max(float(item["latency_ms"]["N"]) for item in items) < MOST_MS
        wait_for("an answer", lambda: api.post("v1/classify", json={"inputs": HEADLINE}).status_code == 200, timeout=60)
        wait_for("health", lambda: api.get("health", params={"deep": "true"}).status_code == 200, timeout=60)
