"""Run AWS's periodic work: one thread calls every registered function in each account and region."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from local_aws import private_api
from local_aws.common import scope

logger = logging.getLogger("local_aws.timer")

_DEFAULT_SECONDS = 10.0

_tasks: list[tuple[private_api.PrivateName, Callable[[], None]]] = []


def every_tick(store: private_api.PrivateName, task: Callable[[], None]) -> None:
    """Call `task` at each tick in every account and region that has data in `store`."""
    _tasks.append((store, task))


def install() -> None:
    """Start the thread; LOCAL_AWS_ALARM_SECONDS is its interval, 10 by default."""
    interval = float(os.environ.get("LOCAL_AWS_ALARM_SECONDS") or _DEFAULT_SECONDS)
    threading.Thread(target=_run, args=(interval,), name="local-aws-timer", daemon=True).start()


def _run(interval: float) -> None:
    pause: Any = threading.Event()
    while not pause.wait(interval):
        for store, task in _tasks:
            for each in scope.with_records(store.get()):
                try:
                    with scope.within(each):
                        task()
                except Exception:
                    # A failing task does not stop the timer; the server's log names the task.
                    logger.exception("%s failed", task.__qualname__)
