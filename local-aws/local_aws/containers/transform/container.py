"""A transform job's containers, one for each host that has files: from the request to the answers in S3."""

import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local_aws.containers.errors import ContainerFailure, ContainerStopped
from local_aws.containers.files import storage
from local_aws.containers.serving.container import ModelContainer
from local_aws.containers.transform.file import Asker, FileFailedError, StoppedError
from local_aws.containers.transform.request import InputFile, Plan, environment, input_files

_START_SECONDS = 600.0
_SEE_LOGS = "See job logs for more information"


class TransformContainer:
    """Run one transform job: a model server for each requested instance receives the job's files over HTTP.

    `request` is the CreateTransformJob request, `definition` the model's container (Image, ModelDataUrl, Environment)
    and its EnableNetworkIsolation, `role` the model's role. `log` is called with a host's name and a line from its
    server, `data_log` with a host's name and a line about its data. `on_start` is called once every server is ready.
    `workdir` belongs to this container and is gone when `run` ends.

    If a file fails, it gets no answers, and the job processes the remaining files before it fails.
    """

    def __init__(
        self,
        *,
        request: Mapping[str, Any],
        definition: Mapping[str, Any],
        role: str,
        workdir: Path,
        s3: Any,
        log: Callable[[str, str], None],
        data_log: Callable[[str, str], None],
        on_start: Callable[[], None],
    ) -> None:
        self._request = request
        self._definition = definition
        self._role = role
        self._workdir = workdir.resolve()
        self._s3 = s3
        self._log = log
        self._data_log = data_log
        self._on_start = on_start
        self._plan = Plan.of(request)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._servers: dict[str, ModelContainer] = {}
        self._failures: list[FileFailedError] = []

    def run(self) -> None:
        """Run the job to its end. Raises ContainerFailure with the FailureReason; ContainerStopped after `stop`."""
        try:
            files = input_files(self._request, s3=self._s3, role=self._role)
            # AWS maps whole objects to instances, so more instances than objects would be idle.
            count = min(self._request["TransformResources"]["InstanceCount"], len(files))
            shares = {f"i-{secrets.token_hex(9)[:17]}": files[first::count] for first in range(count)}
            self._start(list(shares))
            self._on_start()
            with ThreadPoolExecutor(count, thread_name_prefix="transform-host") as hosts:
                for work in [hosts.submit(self._feed, host, share) for host, share in shares.items()]:
                    work.result()
        except OSError as error:  # no disk space or memory, or the process could not start
            raise ContainerFailure(f"InternalServerError: The job could not go on: {error}") from error
        finally:
            self._end()
        self._raise_if_stopped()
        if self._failures:
            # Report the model's own failure before a bad file's.
            codes = sorted({failure.code for failure in self._failures})
            raise ContainerFailure(f"{codes[0]}: {_SEE_LOGS}")

    def stop(self) -> None:
        """Ask the job to stop; returns immediately. Finished files keep their answers. Callable from any thread."""
        self._stopped.set()
        threading.Thread(target=self._stop_servers, name="transform-stop", daemon=True).start()

    def _start(self, hosts: list[str]) -> None:
        for host in hosts:
            server = ModelContainer(
                endpoint_name=self._request["TransformJobName"],
                variant_name=host,
                image=self._definition["Image"],
                model_data_url=self._definition.get("ModelDataUrl"),
                environment={**self._definition.get("Environment", {}), **environment(self._request)},
                workdir=self._workdir / host / "container",
                s3=self._s3,
                log=_of_host(self._log, host),
                isolated=bool(self._definition.get("EnableNetworkIsolation")),
                ways_out=self._definition.get("WaysOut"),
            )
            with self._lock:
                self._servers[host] = server
        self._raise_if_stopped()
        with ThreadPoolExecutor(len(hosts), thread_name_prefix="transform-start") as pool:
            for starting in [pool.submit(server.start, timeout=_START_SECONDS) for server in self._servers.values()]:
                try:
                    starting.result()
                except ContainerFailure as failure:
                    self._raise_if_stopped()
                    raise ContainerFailure(_as_job_failure(failure.reason)) from failure

    def _feed(self, host: str, files: list[InputFile]) -> None:
        """Process one host's files, as many at once as requests are allowed."""
        plan = self._plan
        self._say(
            host,
            f"MaxConcurrentTransforms={plan.concurrent}, MaxPayloadInMB={plan.payload_mb}, "
            f"BatchStrategy={'MULTI_RECORD' if plan.is_multi else 'SINGLE_RECORD'}",
        )
        asker = Asker(self._servers[host], plan, self._stopped)
        try:
            with ThreadPoolExecutor(plan.concurrent, thread_name_prefix="transform-file") as pool:
                for work in [pool.submit(self._transform, host, asker, file, at) for at, file in enumerate(files)]:
                    work.result()
        finally:
            asker.close()

    def _transform(self, host: str, asker: Asker, file: InputFile, number: int) -> None:
        """Process one file: download it, get its answers and upload them, or record its failure."""
        if self._stopped.is_set():
            return
        folder = self._workdir / host / "data"
        source, target = folder / f"{number}.in", folder / f"{number}.out"
        try:
            storage.download_object(self._s3, file.uri, source)
            asker.transform(source, target)
            key_id = self._request["TransformOutput"].get("KmsKeyId")
            storage.upload_file(self._s3, target, file.output_uri, key_id=key_id)
        except StoppedError:
            return
        except storage.StorageError as error:
            self._note(host, file, FileFailedError("ClientError", str(error)))
        except FileFailedError as failure:
            self._note(host, file, failure)
        finally:
            source.unlink(missing_ok=True)
            target.unlink(missing_ok=True)

    def _note(self, host: str, file: InputFile, failure: FileFailedError) -> None:
        for line in failure.log_lines:
            self._say(host, f"{file.name}: {line}")
        with self._lock:
            self._failures.append(failure)

    def _say(self, host: str, line: str) -> None:
        now = time.time()
        at = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03d}"
        self._data_log(host, f"{at}:[sagemaker logs]: {line}")

    def _stop_servers(self) -> None:
        with self._lock:
            servers = list(self._servers.values())
        for server in servers:
            server.stop()

    def _end(self) -> None:
        self._stop_servers()
        shutil.rmtree(self._workdir, ignore_errors=True)

    def _raise_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise ContainerStopped


def _of_host(log: Callable[[str, str], None], host: str) -> Callable[[str], None]:
    return lambda line: log(host, line)


def _as_job_failure(reason: str) -> str:
    """Convert an endpoint's reason for a server that does not start to a transform job's."""
    kind = "ClientError" if reason.startswith(("Failed to download", "Failed to extract")) else "AlgorithmError"
    words = reason.replace(" for production variant", " on instance").replace("this endpoint", "this job")
    return f"{kind}: {words}"
