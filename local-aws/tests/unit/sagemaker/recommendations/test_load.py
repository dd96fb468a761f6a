"""Tests the growing load of an Inference Recommender job on servers of known speed."""

import threading
import time
from collections.abc import Mapping

import pytest

from local_aws.containers import ContainerResponse, ContainerStopped
from local_aws.sagemaker.recommendations.load import Limits, Load, ModelError, Step

STEP = 0.3


class Server:
    """Answers after `seconds`, `workers` requests at a time; of more callers than `breaks_at` it answers 500."""

    def __init__(self, *, seconds: float = 0.02, workers: int = 4, breaks_at: int = 1000) -> None:
        self._seconds = seconds
        self._workers = threading.Semaphore(workers)
        self._breaks_at = breaks_at
        self._asking = 0
        self._lock = threading.Lock()
        self.bodies: set[bytes] = set()

    def invoke(self, *, body: bytes, headers: Mapping[str, str], timeout: float) -> ContainerResponse:
        assert headers["content-type"] == "text/plain" and timeout > 0
        self.bodies.add(body)
        with self._lock:
            self._asking += 1
            broken = self._asking > self._breaks_at
        try:
            with self._workers:
                time.sleep(self._seconds)
            return ContainerResponse(500 if broken else 200, {}, b"no")
        finally:
            with self._lock:
                self._asking -= 1


def load(server: Server, stopped: threading.Event | None = None) -> Load:
    return Load(
        server,
        [b"one", b"two", b"three"],
        {"content-type": "text/plain"},
        usage=lambda: {"MemoryUtilization": 3.0},
        stopped=stopped or threading.Event(),
        step_seconds=STEP,
    )


def test_the_load_grows_until_more_callers_bring_nothing_more() -> None:
    server = Server(seconds=0.02, workers=4)
    peak = load(server).peak(Limits())
    assert peak.users >= 4 and 0.5 * 12_000 < peak.per_minute < 1.3 * 12_000  # four of 20 ms each: 200 a second
    assert peak.memory == 3 and peak.cpu != peak.cpu, "what is not known is NaN"
    assert server.bodies == {b"one", b"two", b"three"}


def test_a_latency_limit_keeps_the_callers_few() -> None:
    peak = load(Server(seconds=0.05, workers=1)).peak(Limits(latency_ms={0.95: 80}))
    assert peak.users == 1, "two at a time would wait for each other"


def test_what_breaks_under_load_is_told_at_the_load_it_bears() -> None:
    assert load(Server(breaks_at=2)).peak(Limits()).users == 2


def test_what_never_answers_well_is_an_error() -> None:
    with pytest.raises(ModelError, match=r"\(500\) no"):
        load(Server(breaks_at=0)).peak(Limits())


def test_a_stop_ends_it() -> None:
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(ContainerStopped):
        load(Server(), stopped).peak(Limits())


def test_percentiles() -> None:
    step = Step(users=1, per_minute=1, latencies_ms=tuple(map(float, range(100, 0, -1))), cpu=0, memory=0)
    assert (step.percentile(0.5), step.percentile(0.95), step.percentile(1)) == (50, 95, 100)
