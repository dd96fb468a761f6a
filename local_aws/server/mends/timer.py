"""What AWS does by itself now and then: one thread that calls every registered function in each account and region."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from local_aws.server import seams
from local_aws.server.mends import scopes

logger = logging.getLogger("rubric.timer")

_DEFAULT_SECONDS = 10.0

_tasks: list[tuple[seams.Seam, Callable[[], None]]] = []


def every_tick(store: seams.Seam, task: Callable[[], None]) -> None:
    """Call `task` at each tick in every account and region that has something in `store`."""
    _tasks.append((store, task))


def install() -> None:
    """Start the thread; RUBRIC_ALARM_SECONDS is its interval, 10 by default."""
    interval = float(os.environ.get("RUBRIC_ALARM_SECONDS") or _DEFAULT_SECONDS)
    threading.Thread(target=_run, args=(interval,), name="rubric-timer", daemon=True).start()


def _run(interval: float) -> None:
    pause: Any = threading.Event()
    while not pause.wait(interval):
        for store, task in _tasks:
            for scope in scopes.of(store.get()):
                try:
                    with scopes.entered(scope):
                        task()
                except Exception:
                    # The timer outlives a task that fails; the server's log says which.
                    logger.exception("%s failed", task.__qualname__)
