"""How events come: once and in order, unless a fault is switched on."""

import contextvars
import threading
from collections.abc import Callable

from local_aws.server import faults

_LATE_SECONDS = 2.0

Send = Callable[[], None]

_lock = threading.Lock()
_held: list[Send] = []


def deliver(send: Send) -> None:
    """Call `send`, or twice, or only after the next one's, as the faults say."""
    if faults.on(faults.DOUBLED_EVENTS):
        once = send

        def send() -> None:
            once()
            once()

    if not faults.on(faults.REORDERED_EVENTS):
        send()
        return
    with _lock:
        late = _held.pop() if _held else None
        if late is None:
            # The account and region are in the context.
            context = contextvars.copy_context()
            held: Send = lambda: context.run(send)  # noqa: E731 (named only to be found again)
            _held.append(held)
            timer = threading.Timer(_LATE_SECONDS, _release, args=(held,))
            timer.daemon = True
            timer.start()
            return
    send()
    late()


def _release(held: Send) -> None:
    with _lock:
        if held not in _held:
            return
        _held.remove(held)
    held()
