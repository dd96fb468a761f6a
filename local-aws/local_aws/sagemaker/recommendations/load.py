"""Increase the load on a model server to find its maximum request rate, and the latency at that rate."""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from typing import Protocol

from local_aws.containers import ContainerResponse, ContainerStopped, ContainerTimeout, ContainerUnavailable

STEP_SECONDS = "LOCAL_AWS_RECOMMEND_STEP_SECONDS"
_DEFAULT_STEP = 2.0
_MOST_USERS = 64
_FLAT = 1.05  # a step must beat the best one so far by this factor to count as an increase
_FLAT_STEPS = 2
_REQUEST_SECONDS = 60.0  # how long a real-time endpoint gives a container


class Server(Protocol):
    """Answers the requests; implemented by containers.ModelContainer."""

    def invoke(self, *, body: bytes, headers: Mapping[str, str], timeout: float) -> ContainerResponse: ...


class ModelError(Exception):
    """The model does not answer the sample requests; the text is the benchmark's FailureReason."""


@dataclass(frozen=True)
class Limits:
    """When to stop: requests a minute, and a map from percentile (0 to 1) to milliseconds."""

    per_minute: float = math.inf
    latency_ms: Mapping[float, float] | None = None
    goes_on_when_flat: bool = False


@dataclass(frozen=True)
class Step:
    """The results with this many concurrent callers. cpu and memory: percent, NaN if unknown."""

    users: int
    per_minute: float
    latencies_ms: tuple[float, ...]
    cpu: float
    memory: float

    def percentile(self, share: float) -> float:
        """Return the latency in ms that `share` of the requests did not exceed."""
        ordered = sorted(self.latencies_ms)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Load:
    """Send the sample requests in turn; `usage` returns the server's CPUUtilization and MemoryUtilization."""

    def __init__(
        self,
        server: Server,
        bodies: Sequence[bytes],
        headers: Mapping[str, str],
        *,
        usage: Callable[[], Mapping[str, float]],
        stopped: threading.Event,
        step_seconds: float | None = None,
    ) -> None:
        self._server = server
        self._bodies = list(bodies)
        self._headers = dict(headers)
        self._usage = usage
        self._stopped = stopped
        self._seconds = step_seconds or float(os.environ.get(STEP_SECONDS, _DEFAULT_STEP))

    def peak(self, limits: Limits) -> Step:
        """Return the step with the most requests a minute within the limits. Raises ModelError, ContainerStopped."""
        best: Step | None = None
        flat, users = 0, 1
        while users <= _MOST_USERS:
            try:
                step = self._step(users)
            except ModelError:
                if best is None:
                    raise
                break  # overloaded
            if _too_slow(step, limits):
                break
            flat = flat + 1 if best is not None and step.per_minute < _FLAT * best.per_minute else 0
            if best is None or step.per_minute > best.per_minute:
                best = step
            if best.per_minute >= limits.per_minute or (flat == _FLAT_STEPS and not limits.goes_on_when_flat):
                break
            users *= 2
        if best is None:
            raise ModelError("The model does not answer one request at a time within ModelLatencyThresholds")
        return best

    def _step(self, users: int) -> Step:
        self._usage()  # CPU usage is measured since the previous reading
        began = time.monotonic()
        end = began + self._seconds
        with ThreadPoolExecutor(users, thread_name_prefix="recommend-user") as pool:
            asked = [pool.submit(self._ask_on, cycle(_turned(self._bodies, user)), end) for user in range(users)]
            latencies = [latency for each in asked for latency in each.result()]
        took = time.monotonic() - began
        if self._stopped.is_set():
            raise ContainerStopped
        used = self._usage()
        return Step(
            users=users,
            per_minute=60 * len(latencies) / took,
            latencies_ms=tuple(latencies),
            cpu=used.get("CPUUtilization", math.nan),
            memory=used.get("MemoryUtilization", math.nan),
        )

    def _ask_on(self, bodies: Iterator[bytes], end: float) -> list[float]:
        """Send requests until `end`, at least one; return the latencies in ms."""
        latencies: list[float] = []
        while not self._stopped.is_set() and (not latencies or time.monotonic() < end):
            sent = time.perf_counter()
            try:
                answer = self._server.invoke(body=next(bodies), headers=self._headers, timeout=_REQUEST_SECONDS)
            except (ContainerTimeout, ContainerUnavailable) as error:
                if self._stopped.is_set():
                    raise ContainerStopped from None
                raise ModelError(f"ModelError when calling the InvokeEndpoint operation: {error}") from error
            if not 200 <= answer.status < 300:
                message = answer.body.decode("utf-8", "replace")[:200]
                raise ModelError(f"ModelError when calling the InvokeEndpoint operation: ({answer.status}) {message}")
            latencies.append(1000 * (time.perf_counter() - sent))
        return latencies


def _turned(bodies: list[bytes], by: int) -> list[bytes]:
    start = by % len(bodies)
    return bodies[start:] + bodies[:start]


def _too_slow(step: Step, limits: Limits) -> bool:
    return any(step.percentile(share) > most for share, most in (limits.latency_ms or {}).items())
