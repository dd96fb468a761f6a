"""Pass a container's output lines to the log."""

import logging
import threading
from collections.abc import Callable

_logger = logging.getLogger(__name__)


class Lines:
    """Call `log` with one line at a time, from any thread; Lines objects with the same `lock` take turns.

    A line that cannot be logged is reported once in the server's own log and does not stop the container: its pipes
    must still be read, or it would hang once one is full.
    """

    def __init__(self, log: Callable[[str], None], lock: "threading.Lock | None" = None) -> None:
        self._log = log
        self._lock = lock or threading.Lock()
        self._failed = False

    def __call__(self, line: str) -> None:
        with self._lock:
            try:
                self._log(line)
            except Exception:
                if not self._failed:
                    _logger.exception("the lines of a container cannot be logged, beginning with: %s", line)
                self._failed = True
