"""The running containers of one kind of job, so that a job can be stopped by its ARN."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Stoppable(Protocol):
    """A job's container, before, during and after its run."""

    def stop(self) -> None: ...


class Running:
    """Containers by ARN. A stop that arrives before the container is kept for it."""

    def __init__(self) -> None:
        self._containers: dict[str, Stoppable] = {}
        self._stop_first: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, arn: str, container: Stoppable) -> Iterator[None]:
        """Register `container` as the job's for the duration of the block."""
        with self._lock:
            self._containers[arn] = container
            stop_first = arn in self._stop_first
        try:
            if stop_first:
                container.stop()
            yield
        finally:
            self.forget(arn)

    def forget(self, arn: str) -> None:
        """Forget a job that has ended or never had a container."""
        with self._lock:
            self._containers.pop(arn, None)
            self._stop_first.discard(arn)

    def stop(self, arn: str) -> None:
        """Stop the job now, or as soon as it has a container."""
        with self._lock:
            container = self._containers.get(arn)
            if container is None:
                self._stop_first.add(arn)
        if container is not None:
            container.stop()

    def stop_all(self) -> None:
        """Stop all jobs when the server stops."""
        with self._lock:
            containers = list(self._containers.values())
        for container in containers:
            container.stop()
