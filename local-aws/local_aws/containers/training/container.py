"""A training job's containers, one for each host: from the request to the model artifact in S3."""

import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.containers.errors import ContainerFailure, ContainerStopped
from local_aws.containers.files import archive, storage
from local_aws.containers.processes import isolation
from local_aws.containers.processes.lines import Lines
from local_aws.containers.processes.process import ContainerProcess
from local_aws.containers.processes.process_group import ProcessGroup
from local_aws.containers.training import hosts
from local_aws.containers.training.checkpoints import Checkpoints
from local_aws.containers.training.hosts import Host
from local_aws.containers.training.preparation import Launch, prepare
from local_aws.containers.training.script_mode import Layout

STOP_GRACE_SECONDS = 120.0  # between SIGTERM and SIGKILL, as documented for StopTrainingJob
INTERRUPT_FILE = "interrupt"
_TICK_SECONDS = 0.5
_NO_LIMIT = float("inf")


@dataclass(frozen=True)
class TrainingResult:
    """A finished job: the S3 URI of its model.tar.gz, its processes' run time and their exit code (0)."""

    artifact_uri: str
    training_seconds: float
    exit_code: int


@dataclass(frozen=True)
class _Outcome:
    """How one attempt ended; describes the first host to fail, if any."""

    exit_code: int
    last_error_line: str
    layout: Layout
    interrupted: bool


class TrainingContainer:
    """Run one training job under the documented script-mode contract: one process for each requested instance.

    `request` is the CreateTrainingJob request and `s3` a boto3 client. `log` is called with each line of a script and
    its host's name (one call at a time, from other threads), `on_status` with (secondary status, message) from the
    thread of `run`. `workdir` is created for this container and is gone when `run` ends.

    A job on spare capacity (EnableManagedSpotTraining) is interrupted by `interrupt`, or by a file named `interrupt` in
    `workdir`: it loses its hosts and starts again from its checkpoint in S3.

    `ways_out`: the ports that a job in a VPC may connect to, None for one that is in no VPC. Several hosts, which talk
    to each other on ports that nobody knows beforehand, keep the machine's network.
    """

    def __init__(
        self,
        *,
        request: Mapping[str, Any],
        workdir: Path,
        s3: Any,
        log: Callable[[str, str], None],
        on_status: Callable[[str, str], None],
        stop_grace: float = STOP_GRACE_SECONDS,
        sync_seconds: float = 15.0,
        ways_out: Sequence[int] | None = None,
    ) -> None:
        self._request = request
        self._ways_out = ways_out
        self._workdir = workdir.resolve()
        self._s3 = s3
        self._on_status = on_status
        self._stop_grace = stop_grace
        self._sync_seconds = sync_seconds
        self._hosts = hosts.of_job(request.get("ResourceConfig", {}).get("InstanceCount", 1))
        turns = threading.Lock()
        self._logs = [Lines(_of_host(log, host), turns) for host in self._hosts]
        self._layouts = [Layout(self._workdir / host.name / "opt" / "ml") for host in self._hosts]
        self._artifacts = storage.join_uri(
            request["OutputDataConfig"]["S3OutputPath"], request["TrainingJobName"], "output"
        )
        self._checkpoints: list[Checkpoints] = []
        self._lock = threading.Lock()
        self._processes: ProcessGroup | None = None
        self._stop_reason: str | None = None
        self._kill_at = _NO_LIMIT
        self._interrupt = threading.Event()
        self._seconds = 0.0

    @property
    def pid(self) -> int | None:
        """The first host's process ID, None before and after it runs."""
        processes = self._processes
        return processes.first_pid if processes is not None else None

    def run(self) -> TrainingResult:
        """Run the job to its end, which may take hours.

        Raises ContainerFailure with the FailureReason; ContainerStopped after `stop`, or once the job has run for
        StoppingCondition.MaxRuntimeInSeconds.
        """
        try:
            return self._run()
        except storage.StorageError as error:
            raise ContainerFailure(f"ClientError: Artifact upload failed:{error}") from error
        except OSError as error:  # no disk space or memory, or the process could not start
            raise ContainerFailure(f"InternalServerError: The job could not go on: {error}") from error
        finally:
            shutil.rmtree(self._workdir, ignore_errors=True)

    def stop(self, *, reason: str = "Stopped") -> None:
        """Ask the job to stop; returns immediately. SIGTERM, then SIGKILL after 120 s; `run` raises ContainerStopped.

        A job that has not started its script will not start it. Can be called at any time, from any thread, repeatedly.
        """
        with self._lock:
            if self._stop_reason is None:
                self._stop_reason = reason
                self._kill_at = time.monotonic() + self._stop_grace
                if self._processes is not None:
                    self._processes.terminate()

    def interrupt(self) -> None:
        """Take the job's hosts away, as AWS reclaims spare capacity; does nothing for a job that does not use it."""
        self._interrupt.set()

    def _run(self) -> TrainingResult:
        self._raise_if_stopped()
        while True:
            self._on_status("Downloading", "Downloading input data")
            shutil.rmtree(self._workdir, ignore_errors=True)  # left by an earlier attempt or a killed server
            launches = self._prepare()
            self._raise_if_stopped()
            self._on_status("Training", "Training image download completed. Training in progress.")
            outcome = self._train(launches)
            if not outcome.interrupted:
                break
            self._checkpoints[0].sync()
            self._on_status("Interrupted", "The managed spot training instances were interrupted")
            self._on_status("Starting", "Starting the training job again, from its checkpoint")
        self._on_status("Uploading", "Uploading generated training model")
        return self._deliver(outcome)

    def _prepare(self) -> list[Launch]:
        """Fill every host's folders. Each host has its own copy of everything, as on a separate instance."""
        kept = self._request.get("CheckpointConfig", {})
        self._checkpoints = [
            Checkpoints(
                s3=self._s3,
                uri=kept.get("S3Uri"),
                folder=layout.checkpoints(kept.get("LocalPath", "/opt/ml/checkpoints")),
                log=log,
            )
            for layout, log in zip(self._layouts, self._logs, strict=True)
        ]
        launches = [
            prepare(request=self._request, layout=layout, s3=self._s3, host=host)
            for layout, host in zip(self._layouts, self._hosts, strict=True)
        ]
        for checkpoints in self._checkpoints:
            try:
                checkpoints.restore()
            except storage.StorageError as error:
                raise ContainerFailure(f"ClientError: Checkpoint download failed:{error}") from error
        return launches

    def _train(self, launches: list[Launch]) -> _Outcome:
        """Run the scripts until they end or until `stop` or `interrupt` is called."""
        started = time.monotonic()
        allowed = self._request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _NO_LIMIT)
        limit = started + allowed - self._seconds
        processes = ProcessGroup()
        interrupted = False
        network = self._own_network()
        try:
            with self._lock:
                self._processes = processes
                for host, layout, launch, log in zip(self._hosts, self._layouts, launches, self._logs, strict=True):
                    processes.add(
                        ContainerProcess(
                            command=launch.command,
                            cwd=layout.code,
                            environment=launch.environment,
                            folder=self._workdir / host.name,
                            log=log,
                            network=network.word if network else self._network_of_vpc(),
                        )
                    )
                if self._stop_reason is not None:  # stopped while the scripts were starting
                    processes.terminate()
            next_sync = started + self._sync_seconds
            while not processes.wait(_TICK_SECONDS):
                now = time.monotonic()
                if now >= limit:
                    self.stop(reason="MaxRuntimeExceeded")
                if now >= self._kill_at:
                    processes.kill()
                if now >= next_sync:
                    self._sync_checkpoints()
                    next_sync = time.monotonic() + self._sync_seconds
                if self._stop_reason is None and self._is_interrupted():
                    interrupted = True
                    break
        finally:
            processes.end()
            if network:
                network.close()
            self._seconds += time.monotonic() - started
        index, failed = processes.first_failure()
        return _Outcome(failed.exit_code or 0, failed.last_error_line, self._layouts[index], interrupted)

    def _own_network(self) -> isolation.OwnNetwork | None:
        """The network of an isolated job's hosts; None if the job has the machine's."""
        if not self._request.get("EnableNetworkIsolation"):
            return None
        try:
            return isolation.OwnNetwork()
        except isolation.NotSeparableError as error:
            self._logs[0](isolation.not_separated(error))
            return None

    def _network_of_vpc(self) -> str:
        """The network of a job that is not isolated: the machine's, or in a VPC one with the ways out that it has."""
        if self._ways_out is None or self._request.get("EnableNetworkIsolation") or len(self._hosts) > 1:
            return isolation.SHARED
        try:
            return isolation.closed(to_ports=self._ways_out)
        except isolation.NotSeparableError as error:
            self._logs[0](isolation.not_separated(error))
            return isolation.SHARED

    def _is_interrupted(self) -> bool:
        file = self._workdir / INTERRUPT_FILE
        asked = self._interrupt.is_set() or file.exists()
        self._interrupt.clear()
        file.unlink(missing_ok=True)
        return asked and bool(self._request.get("EnableManagedSpotTraining"))

    def _sync_checkpoints(self) -> None:
        """Upload checkpoints during the run. Ignores a failure: the next sync (at the latest the final one) retries."""
        try:
            self._checkpoints[0].sync()
        except storage.StorageError as error:
            self._logs[0](f"checkpoints are not in S3 yet: {error}")

    def _deliver(self, outcome: _Outcome) -> TrainingResult:
        """Upload the job's results, then return the result or raise the failure."""
        stopped = self._stop_reason
        self._checkpoints[0].sync()
        outputs = [layout.output_data for layout in self._layouts]
        models = [layout.model for layout in self._layouts]
        if any(map(archive.has_files, outputs)):
            self._upload(outputs, "output.tar.gz")
        if stopped is not None:
            uri = self._upload(models, "model.tar.gz") if any(map(archive.has_files, models)) else None
            raise ContainerStopped(stopped, artifact_uri=uri, training_seconds=self._seconds)
        if outcome.exit_code != 0:
            raise ContainerFailure(_failure_reason(outcome), outcome.exit_code)
        return TrainingResult(self._upload(models, "model.tar.gz"), self._seconds, outcome.exit_code)

    def _upload(self, folders: list[Path], name: str) -> str:
        packed = self._workdir / name
        archive.pack(packed, *folders)
        uri = storage.join_uri(self._artifacts, name)
        storage.upload_file(self._s3, packed, uri, key_id=self._request["OutputDataConfig"].get("KmsKeyId"))
        packed.unlink()
        return uri

    def _raise_if_stopped(self) -> None:
        if self._stop_reason is not None:
            raise ContainerStopped(self._stop_reason, training_seconds=self._seconds)


def _of_host(log: Callable[[str, str], None], host: Host) -> Callable[[str], None]:
    return lambda line: log(line, host.name)


def _failure_reason(outcome: _Outcome) -> str:
    reason = outcome.last_error_line
    if outcome.layout.failure.is_file():
        reason = outcome.layout.failure.read_text(encoding="utf-8", errors="replace").strip() or reason
    start, end = "AlgorithmError: ", f", exit code: {outcome.exit_code}"
    return start + reason[: ContainerFailure.LONGEST - len(start) - len(end)] + end
