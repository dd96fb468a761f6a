"""A production variant's container: a model server that is kept running."""

import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from local_aws.containers import images
from local_aws.containers.errors import ContainerFailure, ContainerStopped, ContainerUnavailable
from local_aws.containers.files import archive, storage
from local_aws.containers.processes import isolation
from local_aws.containers.processes.environment import base_environment
from local_aws.containers.processes.lines import Lines
from local_aws.containers.processes.process import ContainerProcess
from local_aws.containers.serving.model_server import ContainerResponse, ModelServer

_POLL_SECONDS = 0.05
_PINGS_MISSED = 3
_FIRST_DELAY, _LONGEST_DELAY, _STEADY_SECONDS = 0.25, 30.0, 60.0


class ModelContainer:
    """Serve one model as a process, and restart it (after a growing delay) if it dies or stops answering /ping.

    `model_data_url` is the S3 location of a model.tar.gz or, if it ends with `/`, of unpacked files. `log` is called
    with each line of the server, one call at a time, from other threads. `workdir` is created for this container and
    deleted with it. `isolated`: the server answers and cannot open a connection itself (EnableNetworkIsolation).
    `ways_out`: the ports that a server in a VPC may connect to, None for one that is in no VPC.
    """

    def __init__(
        self,
        *,
        endpoint_name: str,
        variant_name: str,
        image: str,
        model_data_url: str | None,
        environment: Mapping[str, str],
        workdir: Path,
        s3: Any,
        log: Callable[[str], None],
        ping_seconds: float = 10.0,
        stop_grace: float = 30.0,
        isolated: bool = False,
        ways_out: Sequence[int] | None = None,
    ) -> None:
        self._name = f"{endpoint_name}/{variant_name}"
        self._variant = variant_name
        self._image = image
        self._model_data_url = model_data_url
        self._given = dict(environment)
        self._workdir = workdir.resolve()
        self._base = self._workdir / "opt" / "ml"
        self._s3 = s3
        self._log = Lines(log)
        self._ping_seconds = ping_seconds
        self._stop_grace = stop_grace
        self._isolated = isolated
        self._ways_out = ways_out
        self._network = isolation.SHARED
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._keeper: threading.Thread | None = None
        self._server: ModelServer | None = None
        self._ready = False

    @property
    def healthy(self) -> bool:
        """Whether the server is running and has answered /ping."""
        server = self._server
        return self._ready and not self._stopped.is_set() and server is not None and server.process.exit_code is None

    @property
    def pid(self) -> int | None:
        """The server's process ID, None while there is none."""
        server = self._server
        return server.process.pid if server is not None and server.process.exit_code is None else None

    def start(self, *, timeout: float) -> None:
        """Fetch the model and start the server; returns once GET /ping returns 200.

        Raises ContainerFailure if the process ends or runs for `timeout` seconds first, or if the image or model cannot
        be fetched; ContainerStopped if `stop` was called first. After an error the container cannot be used again.
        """
        first: Future[None] = Future()
        try:
            command, environment = self._prepare()
            with self._lock:
                if self._stopped.is_set():
                    raise ContainerStopped
                self._keeper = threading.Thread(
                    target=self._keep, args=(command, environment, timeout, first), daemon=True, name="container-keeper"
                )
                self._keeper.start()
            first.result()
        except OSError as error:
            self.stop()
            raise ContainerFailure(f"The local AWS could not start the container: {error}") from error
        except Exception:
            self.stop()
            raise

    def invoke(self, *, body: bytes, headers: Mapping[str, str], timeout: float) -> ContainerResponse:
        """Send POST /invocations over kept-alive connections; callable from any thread.

        Raises ContainerTimeout after `timeout` seconds without an answer; ContainerUnavailable if no server is up.
        """
        server = self._server
        if server is None or not self.healthy:
            raise ContainerUnavailable(f"the model server of {self._name} is not running")
        return server.invoke(body=body, headers=headers, timeout=timeout)

    def stop(self) -> None:
        """Send SIGTERM, then SIGKILL after 30 s, and delete the work folder. Blocks; a second call does nothing."""
        with self._lock:
            self._stopped.set()
            server, keeper = self._server, self._keeper
        if server is not None:
            server.process.stop(grace=self._stop_grace)
        if keeper is not None:
            keeper.join()
        shutil.rmtree(self._workdir, ignore_errors=True)

    def _prepare(self) -> tuple[list[str], dict[str, str]]:
        """Put the model in place; return the command and its environment."""
        variables = {"SAGEMAKER_BASE_DIR": str(self._base)}
        try:
            image = images.find(self._image, "serve")
            command = [images.expand(word, variables) for word in image.serve]
            of_image = {name: images.expand(value, variables) for name, value in image.environment.items()}
        except images.ImageError as error:
            raise ContainerFailure(str(error)) from error
        shutil.rmtree(self._workdir, ignore_errors=True)  # left by a server that was killed
        (self._base / "model").mkdir(parents=True)
        if self._model_data_url is not None:
            self._fetch_model(self._model_data_url)
        environment = base_environment(self._s3) | of_image | self._given | variables
        if self._isolated:
            environment = isolation.without_credentials(environment)
        if self._isolated or self._ways_out is not None:
            try:
                self._network = isolation.closed(to_ports=() if self._isolated else self._ways_out or ())
            except isolation.NotSeparableError as error:
                self._log(isolation.not_separated(error))
        return command, environment

    def _fetch_model(self, url: str) -> None:
        packed = self._base / "model.tar.gz"
        try:
            if url.endswith("/"):
                if not storage.download_prefix(self._s3, url, self._base / "model"):
                    raise storage.ObjectMissingError("there are no objects")
                return
            storage.download_object(self._s3, url, packed)
            archive.unpack(packed, self._base / "model")
            packed.unlink()
        except storage.StorageError as error:
            raise ContainerFailure(
                f'Failed to download model data for container "container_1" from URL: "{url}". Please ensure that '
                f"there is an object located at the URL and that the role has permissions to download it. ({error})"
            ) from error
        except archive.ArchiveError as error:
            raise ContainerFailure(
                f'Failed to extract model data archive for container "container_1" from URL "{url}". Please ensure '
                f"that the object located at the URL is a valid tar.gz archive. ({error})"
            ) from error

    def _keep(self, command: list[str], environment: dict[str, str], timeout: float, first: "Future[None]") -> None:
        """Run on the keeper thread: start the server again and again until `stop`."""
        delay = _FIRST_DELAY
        while True:
            began = time.monotonic()
            try:
                reason = self._live_once(command, environment, timeout, first)
            except OSError as error:  # the process could not start
                reason = str(error)
            except Exception as error:
                if first.done():
                    raise
                first.set_exception(error)
                return
            if not first.done():
                stopped = self._stopped.is_set()
                first.set_exception(ContainerStopped() if stopped else ContainerFailure(self._ping_failure(reason)))
                return
            if self._stopped.is_set():
                return
            if time.monotonic() - began >= _STEADY_SECONDS:
                delay = _FIRST_DELAY
            self._log(f"The model server is started again in {delay:g} s: {reason}")
            if self._stopped.wait(delay):
                return
            delay = min(delay * 2, _LONGEST_DELAY)

    def _live_once(self, command: list[str], environment: dict[str, str], timeout: float, first: "Future[None]") -> str:
        """Start a server and wait until it ends; return the reason."""
        with self._lock:
            if self._stopped.is_set():
                return "stopped"
            server = ModelServer(
                command=command,
                environment=environment,
                folder=self._workdir,
                log=self._log,
                network=self._network,
            )
            self._server = server
        try:
            reason = self._await_ready(server, timeout)
            if reason is None:
                self._ready = True
                if not first.done():
                    first.set_result(None)
                reason = self._watch(server)
            return reason
        finally:
            self._ready = False
            server.process.stop(grace=self._stop_grace if self._stopped.is_set() else 0.0)
            server.close()
            self._server = None

    def _await_ready(self, server: ModelServer, timeout: float) -> str | None:
        """Return None once /ping returns 200, otherwise the reason it never will."""
        deadline = time.monotonic() + timeout
        while server.process.wait(_POLL_SECONDS) is None:
            if self._stopped.is_set():
                return "stopped"
            if server.ping():
                return None
            if time.monotonic() >= deadline:
                return f"{_last_words(server.process)}; GET /ping was not 200 within {timeout:g} s"
        return _ending(server)

    def _watch(self, server: ModelServer) -> str:
        """Ping the server until it ends, `stop` is called, or three pings in a row fail; return which it was."""
        missed = 0
        while server.process.wait(self._ping_seconds) is None:
            if self._stopped.is_set():
                return "stopped"
            missed = 0 if server.ping() else missed + 1
            if missed == _PINGS_MISSED:
                return f"GET /ping was not 200 {missed} times in a row"
        return _ending(server)

    def _ping_failure(self, detail: str) -> str:
        return (
            f"The primary container for production variant {self._variant} did not pass the ping health check. "
            f"Please check CloudWatch logs for this endpoint. ({detail})"
        )


def _ending(server: ModelServer) -> str:
    return f"{_last_words(server.process)}; exit code: {server.process.exit_code}"


def _last_words(process: ContainerProcess) -> str:
    # Lines from two pipes have no relative order; prefer an error line, which explains the failure.
    return process.last_error_line or process.last_line or "it printed nothing"
