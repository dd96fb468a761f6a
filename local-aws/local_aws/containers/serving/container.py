"""A production variant's container: a model server that is kept alive."""

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from local_aws.containers import images
from local_aws.containers.errors import ContainerFailure, ContainerStopped, ContainerUnavailable
from local_aws.containers.files import archive, storage
from local_aws.containers.processes.environment import base_environment
from local_aws.containers.processes.lines import Lines
from local_aws.containers.processes.process import ContainerProcess
from local_aws.containers.serving.model_server import ContainerResponse, ModelServer

_POLL_SECONDS = 0.05
_PINGS_MISSED = 3
_FIRST_DELAY, _LONGEST_DELAY, _STEADY_SECONDS = 0.25, 30.0, 60.0


class ModelContainer:
    """Serves one model as a process, started again (after a growing pause) when it dies or stops answering /ping.

    `model_data_url` is the S3 location of a model.tar.gz, or of unpacked files where it ends with `/`. `log` is called
    with each line of the server, one call at a time, from other threads. `workdir` is made, belongs to this container,
    and goes with it.
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
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._keeper: threading.Thread | None = None
        self._server: ModelServer | None = None
        self._ready = False

    @property
    def healthy(self) -> bool:
        """Whether the server runs and has answered /ping."""
        server = self._server
        return self._ready and not self._stopped.is_set() and server is not None and server.process.exit_code is None

    @property
    def pid(self) -> int | None:
        """The server's process id, None while there is none."""
        server = self._server
        return server.process.pid if server is not None and server.process.exit_code is None else None

    def start(self, *, timeout: float) -> None:
        """Fetches the model and starts the server; returns once it answers GET /ping with 200.

        Raises ContainerFailure when the process ends or `timeout` seconds (of its running) pass before that, or the
        image or the model cannot be fetched; ContainerStopped when `stop` came first. The container is done with then.
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
        """POST /invocations with kept-alive connections, from any thread.

        Raises ContainerTimeout after `timeout` seconds without an answer; ContainerUnavailable when no server is up.
        """
        server = self._server
        if server is None or not self.healthy:
            raise ContainerUnavailable(f"the model server of {self._name} is not running")
        return server.invoke(body=body, headers=headers, timeout=timeout)

    def stop(self) -> None:
        """SIGTERM, SIGKILL after 30 s, and the work folder is gone. Returns when done; does nothing the second time."""
        with self._lock:
            self._stopped.set()
            server, keeper = self._server, self._keeper
        if server is not None:
            server.process.stop(grace=self._stop_grace)
        if keeper is not None:
            keeper.join()
        shutil.rmtree(self._workdir, ignore_errors=True)

    def _prepare(self) -> tuple[list[str], dict[str, str]]:
        """The command and its environment, with the model in place."""
        variables = {"SAGEMAKER_BASE_DIR": str(self._base)}
        try:
            image = images.find(self._image, "serve")
            command = [images.expand(word, variables) for word in image.serve]
            of_image = {name: images.expand(value, variables) for name, value in image.environment.items()}
        except images.ImageError as error:
            raise ContainerFailure(str(error)) from error
        shutil.rmtree(self._workdir, ignore_errors=True)  # of a server that was killed
        (self._base / "model").mkdir(parents=True)
        if self._model_data_url is not None:
            self._fetch_model(self._model_data_url)
        return command, base_environment(self._s3) | of_image | self._given | variables

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
        """The keeper thread: one life of the server after the other until `stop`."""
        delay = _FIRST_DELAY
        while True:
            began = time.monotonic()
            try:
                reason = self._live_once(command, environment, timeout, first)
            except OSError as error:  # no process can be started
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
        """Starts a server and stays until it has ended; returns why it did."""
        with self._lock:
            if self._stopped.is_set():
                return "stopped"
            server = ModelServer(command=command, environment=environment, folder=self._workdir, log=self._log)
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
        """None once /ping is 200, else why it will not be."""
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
        """Pings the server until it has ended, `stop` has come, or three pings in a row were missed; returns which."""
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
    # Two pipes have no order between them: where there is an error line, it is the one that explains.
    return process.last_error_line or process.last_line or "it printed nothing"
