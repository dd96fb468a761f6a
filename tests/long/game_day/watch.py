"""Watches the alarms of a local AWS while faults come and go."""

from __future__ import annotations

import threading
import time

from ops.deployment.alarm_names import short_name
from tests.e2e.cloud import Cloud, wait_for


class Watch:
    """Which alarms have rung since the start, and which ring now, by their pages' names."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloudwatch = cloud.client("cloudwatch")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.rung: dict[str, float] = {}
        self.ringing: set[str] = set()

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def rang(self, *names: str, timeout: float) -> None:
        """Waits until each of these alarms has rung at least once."""
        try:
            wait_for("the alarms", lambda: set(names) <= set(self.rung), timeout=timeout, every=1)
        except AssertionError:
            missing = ", ".join(sorted(set(names) - set(self.rung)))
            raise AssertionError(f"within {timeout:.0f} s these alarms did not ring: {missing}") from None

    def _watch(self) -> None:
        while not self._over.wait(1):
            self.ringing = self.now()
            for name in self.ringing:
                self.rung.setdefault(name, time.monotonic())

    def now(self) -> set[str]:
        """The alarms that ring at this moment."""
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(StateValue="ALARM")
        return {short_name(alarm["AlarmName"]) for page in pages for alarm in page["MetricAlarms"]}


def alarms_of(cloud: Cloud) -> set[str]:
    """All alarms of the environment."""
    pages = cloud.client("cloudwatch").get_paginator("describe_alarms").paginate()
    return {short_name(alarm["AlarmName"]) for page in pages for alarm in page["MetricAlarms"]}
