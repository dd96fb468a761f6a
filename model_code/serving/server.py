"""Starts the lean inference container's server: ``python -m model_code.serving.server``.

Its settings are environment variables (docs/serving.md). It listens at once while the model loads. On SIGTERM it
answers the requests it has, and those that still arrive, before it ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from types import FrameType

import uvicorn

from contracts.models.artifact import ArtifactError
from model_code.serving.lean.application import Application
from model_code.serving.lean.upgrades import Protocol
from model_code.serving.settings import Settings, SettingsError

log = logging.getLogger("rubric.serving")

# SageMaker kills a container 30 s after SIGTERM: 6 s for requests that still arrive, 20 s to answer them.
QUIET_SECONDS = 0.5
MAX_DRAIN_SECONDS = 6.0
GRACE_SECONDS = 20
LAST_ANSWERS_SECONDS = 0.05  # time to send a 503 to requests that the shutdown cuts off
KEEP_ALIVE_SECONDS = 300  # long: the platform's proxy should close idle connections, or a request might meet a close


class Server(uvicorn.Server):  # type: ignore[misc]
    """uvicorn, but the first SIGTERM or SIGINT calls ``drain`` instead of closing at once."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain
        self._signalled = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first signal, exit at the second."""
        if self._signalled:
            super().handle_exit(sig, frame)
        self._signalled = True
        self._drain()


async def serve(settings: Settings) -> int:
    """Serve until SIGTERM and return the exit status: 1 when the model cannot be loaded."""
    application = Application(settings)
    loop = asyncio.get_running_loop()
    draining: list[asyncio.Task[None]] = []

    def drain() -> None:
        loop.call_soon_threadsafe(lambda: draining.append(loop.create_task(_drain(application, server))))

    server = Server(
        uvicorn.Config(
            application,
            host=settings.host,
            port=settings.port,
            lifespan="off",
            http=Protocol,
            ws="none",
            access_log=False,
            log_level="warning",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
            proxy_headers=False,
        ),
        drain,
    )
    failed = False

    async def load() -> None:
        nonlocal failed
        try:
            await asyncio.to_thread(application.load)
        except ArtifactError as error:
            log.error("the model cannot be served: %s", error)
            failed = True
            server.should_exit = True

    loading = asyncio.create_task(load())
    await server.serve()
    await loading
    await asyncio.sleep(LAST_ANSWERS_SECONDS)
    application.close()
    return 1 if failed else 0


async def _drain(application: Application, server: Server) -> None:
    """Stop listening after half a second without requests: callers need a moment to notice that /ping fails."""
    application.drain()
    began = time.monotonic()
    while time.monotonic() - began < MAX_DRAIN_SECONDS:
        await asyncio.sleep(QUIET_SECONDS / 5)
        if time.monotonic() - max(began, application.last_request) >= QUIET_SECONDS:
            break
    server.should_exit = True


def main() -> int:
    """Run until SIGTERM. Returns 1 when the model cannot be loaded, 2 when a setting is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        log.error("%s", error)
        return 2
    os.environ.setdefault(
        "TOKENIZERS_PARALLELISM", "false"
    )  # handing a headline to its thread pool takes longer than tokenizing it
    return asyncio.run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
