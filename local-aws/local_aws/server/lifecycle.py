"""Run work when the local AWS has started and when it has stopped.

MiniStack saves its state only on a clean stop, but writes S3 objects immediately. After a kill the two do not match, so
a mark makes the next start begin empty.
"""

import logging
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws import private_api

logger = logging.getLogger("local_aws.lifecycle")

_LIFESPAN = private_api.declare(
    "ministack.app",
    "_handle_lifespan",
    "stop child processes when the server stops",
    takes=("scope", "receive", "send"),
)
_KILL_LAMBDA_WORKERS = private_api.declare(
    "ministack.core.lambda_runtime", "reset", "stop the Lambda worker processes when the server stops", takes=()
)

_UNSAVED = "unsaved"
_STATE_FOLDERS = ("state", "s3", "sagemaker")

# How long threads may take to end: a stack may be waiting an hour for its custom resource.
_GRACE_SECONDS = 2.0

_callbacks: list[Callable[[], None]] = []


def on_stop(callback: Callable[[], None]) -> None:
    """Call `callback` once when the server stops, in reverse order; MiniStack's state is already saved."""
    _callbacks.append(callback)


def discard_unsaved(folder: Path) -> bool:
    """Empty the state folder if the last server was killed; returns True if it was."""
    mark = folder / _UNSAVED
    if not mark.exists():
        return False
    for name in _STATE_FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    mark.unlink()
    return True


def install() -> None:
    """Hook into MiniStack's start and shutdown."""
    handle = _LIFESPAN.get()
    mark = Path(os.environ["LOCAL_AWS_FOLDER"]).absolute() / _UNSAVED
    on_stop(_KILL_LAMBDA_WORKERS.get())

    async def lifespan(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: dict[str, Any]) -> None:
            if message["type"] == "lifespan.startup.complete":
                mark.touch()
            elif message["type"] == "lifespan.shutdown.complete":
                mark.unlink(missing_ok=True)
                _run_callbacks()
                _leave_after(_GRACE_SECONDS)
            await send(message)

        await handle(scope, receive, sending)

    _LIFESPAN.set(lifespan)


def _leave_after(seconds: float) -> None:
    """End the process even if a thread is still waiting; everything is saved and stopped by then."""
    timer = threading.Timer(seconds, _leave)
    timer.daemon = True
    timer.start()


def _leave() -> None:
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os._exit(0)


def _run_callbacks() -> None:
    while _callbacks:
        callback = _callbacks.pop()
        try:
            callback()
        except Exception:
            # A child that cannot be stopped must not keep the others alive.
            logger.exception("Stopping: %r failed", callback)
