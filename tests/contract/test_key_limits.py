"""Tests a key's limits on a real local AWS: 50 clients at once, each with its own authorizer instance.

The tolerance is the one of docs/api.md, on one clock: never more than `burst + rate * seconds`, and a quota exactly.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lambda_src.authorizer.limits import Limits
from lambda_src.authorizer.usage import Usage
from local_aws_testing.server import Server, start
from tests.tables import make_table
from tools.common.ports import free_port

CLIENTS = 50
SECONDS = 6.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = start(Path(tmp_path_factory.mktemp("limits")) / "state", free_port())
    make_table(started.client("dynamodb"), "usage", key_id="S", day="S")
    try:
        yield started
    finally:
        started.stop()


@dataclass
class Rush:
    """The answers to CLIENTS clients at once."""

    verdicts: list[str] = field(default_factory=list)
    unknown: list[Exception | None] = field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0

    @property
    def seconds(self) -> float:
        return self.ended - self.started


def rush(server: Server, key_id: str, limits: Limits, *, seconds: float) -> Rush:
    """Each client asks again a hundredth of a second after its answer."""
    result, lock, go = Rush(), threading.Lock(), threading.Barrier(CLIENTS + 1)
    dynamodb = server.client("dynamodb")

    def ask() -> None:
        usage = Usage(dynamodb, table="usage", uncounted=result.unknown.append)
        mine = []
        go.wait()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            mine.append(usage.take(key_id, limits).verdict)
            time.sleep(0.01)
        with lock:
            result.verdicts += mine

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    result.started = time.monotonic()
    go.wait()
    for thread in threads:
        thread.join()
    result.ended = time.monotonic()
    return result


def test_fifty_clients_share_a_rate(server: Server) -> None:
    limits = Limits(rate=20, burst=40)
    done = rush(server, "rate", limits, seconds=SECONDS)
    through = done.verdicts.count("ok")
    print(f"{through} of {len(done.verdicts)} in {done.seconds:.2f} s; {limits.burst} + {limits.rate}/s allowed")
    assert done.unknown == []
    assert "rate-exceeded" in done.verdicts
    assert through <= limits.burst + limits.rate * done.seconds
    # Not fewer either: the clients ask often enough to take every token.
    assert through >= limits.burst + limits.rate * SECONDS * 0.5
    [item] = server.client("dynamodb").query(
        TableName="usage",
        KeyConditionExpression="key_id = :key",
        ExpressionAttributeValues={":key": {"S": "rate"}},
    )["Items"]
    assert int(item["requests"]["N"]) == through


def test_fifty_clients_share_a_quota_exactly(server: Server) -> None:
    done = rush(server, "quota", Limits(rate=500, burst=1000, daily_quota=120), seconds=3.0)
    assert done.unknown == []
    assert done.verdicts.count("ok") == 120
    assert set(done.verdicts) == {"ok", "quota-exceeded"}
