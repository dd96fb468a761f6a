"""A training job's container: from the request to the model artifact in S3."""

import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.server.sagemaker.containers import archive, storage
from local_aws.server.sagemaker.containers.checkpoints import Checkpoints
from local_aws.server.sagemaker.containers.errors import ContainerFailure, ContainerStopped
from local_aws.server.sagemaker.containers.lines import Lines
from local_aws.server.sagemaker.containers.preparation import Launch, prepare
from local_aws.server.sagemaker.containers.process import ContainerProcess
from local_aws.server.sagemaker.containers.script_mode import Layout

STOP_GRACE_SECONDS = 120.0  # between SIGTERM and SIGKILL, as documented for StopTrainingJob
_TICK_SECONDS = 0.5
_NO_LIMIT = float("inf")


@dataclass(frozen=True)
class TrainingResult:
    """A finished job: the S3 URI of its model.tar.gz, how long its process ran, its exit code (0)."""

    artifact_uri: str
    training_seconds: float
    exit_code: int


@dataclass(frozen=True)
class _Outcome:
    exit_code: int
    seconds: float
    last_error_line: str


class TrainingContainer:
    """Runs one training job as a process under the documented script-mode contract.

    `request` is the CreateTrainingJob request, `s3` a boto3 client, `log` is called with each line of the script (one
    call at a time, from other threads), `on_status` with (secondary status, message) from the thread of `run`.
    `workdir` is made, belongs to this container, and is gone when `run` ends.
    """

    def __init__(
        self,
        *,
        request: Mapping[str, Any],
        workdir: Path,
        s3: Any,
        log: Callable[[str], None],
        on_status: Callable[[str, str], None],
        stop_grace: float = STOP_GRACE_SECONDS,
        sync_seconds: float = 15.0,
    ) -> None:
        self._request = request
        self._workdir = workdir.resolve()
        self._s3 = s3
        self._log = Lines(log)
        self._on_status = on_status
        self._stop_grace = stop_grace
        self._sync_seconds = sync_seconds
        self._layout = Layout(self._workdir / "opt" / "ml")
        self._artifacts = storage.join_uri(
            request["OutputDataConfig"]["S3OutputPath"], request["TrainingJobName"], "output"
        )
        kept = request.get("CheckpointConfig", {})
        self._checkpoints = Checkpoints(
            s3=s3,
            uri=kept.get("S3Uri"),
            folder=self._layout.checkpoints(kept.get("LocalPath", "/opt/ml/checkpoints")),
        )
        self._lock = threading.Lock()
        self._process: ContainerProcess | None = None
        self._stop_reason: str | None = None
        self._kill_at = _NO_LIMIT

    @property
    def pid(self) -> int | None:
        """The script's process id, None before and after it runs."""
        process = self._process
        return process.pid if process is not None and process.exit_code is None else None

    def run(self) -> TrainingResult:
        """Runs the job to its end, which may take hours.

        Raises ContainerFailure with the FailureReason; ContainerStopped after `stop`, or when the job has run for
        StoppingCondition.MaxRuntimeInSeconds.
        """
        try:
            return self._run()
        except storage.StorageError as error:
            raise ContainerFailure(f"ClientError: Artifact upload failed: {error}") from error
        except OSError as error:  # no space, no memory, no process
            raise ContainerFailure(f"InternalServerError: The job could not go on: {error}") from error
        finally:
            shutil.rmtree(self._workdir, ignore_errors=True)

    def stop(self, *, reason: str = "Stopped") -> None:
        """Asks the job to stop and returns at once: SIGTERM, SIGKILL after 120 s; `run` then raises ContainerStopped.

        A job that has not started its script does not start it. Can be called at any time, from any thread, repeatedly.
        """
        with self._lock:
            if self._stop_reason is None:
                self._stop_reason = reason
                self._kill_at = time.monotonic() + self._stop_grace
                if self._process is not None:
                    self._process.send(signal.SIGTERM)

    def _run(self) -> TrainingResult:
        self._raise_if_stopped()
        self._on_status("Downloading", "Downloading input data")
        shutil.rmtree(self._workdir, ignore_errors=True)  # of a server that was killed
        launch = prepare(request=self._request, layout=self._layout, s3=self._s3)
        self._restore_checkpoints()
        self._raise_if_stopped()
        self._on_status("Training", "Training image download completed. Training in progress.")
        outcome = self._train(launch)
        self._on_status("Uploading", "Uploading generated training model")
        return self._deliver(outcome)

    def _restore_checkpoints(self) -> None:
        try:
            self._checkpoints.restore()
        except storage.StorageError as error:
            raise ContainerFailure(f"ClientError: Checkpoint download failed: {error}") from error

    def _train(self, launch: Launch) -> _Outcome:
        """Runs the script until it ends, by itself or by `stop`."""
        started = time.monotonic()
        limit = started + self._request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _NO_LIMIT)
        with self._lock:
            self._process = process = ContainerProcess(
                command=launch.command,
                cwd=self._layout.code,
                environment=launch.environment,
                folder=self._workdir,
                log=self._log,
            )
            if self._stop_reason is not None:  # stopped while it was being started
                process.send(signal.SIGTERM)
        next_sync = started + self._sync_seconds
        try:
            while (code := process.wait(_TICK_SECONDS)) is None:
                now = time.monotonic()
                if now >= limit:
                    self.stop(reason="MaxRuntimeExceeded")
                if now >= self._kill_at:
                    process.send(signal.SIGKILL)
                if now >= next_sync:
                    self._sync_checkpoints()
                    next_sync = time.monotonic() + self._sync_seconds
        finally:
            process.stop(grace=0.0)
        return _Outcome(code, time.monotonic() - started, process.last_error_line)

    def _sync_checkpoints(self) -> None:
        """A sync under way may fail: the next one, at the latest the one at the end, uploads the same files."""
        try:
            self._checkpoints.sync()
        except storage.StorageError as error:
            self._log(f"checkpoints are not in S3 yet: {error}")

    def _deliver(self, outcome: _Outcome) -> TrainingResult:
        """Uploads what the job made and returns or raises how it ended."""
        stopped = self._stop_reason
        self._checkpoints.sync()
        if archive.has_files(self._layout.output_data):
            self._upload(self._layout.output_data, "output.tar.gz")
        if stopped is not None:
            made = archive.has_files(self._layout.model)
            uri = self._upload(self._layout.model, "model.tar.gz") if made else None
            raise ContainerStopped(stopped, artifact_uri=uri, training_seconds=outcome.seconds)
        if outcome.exit_code != 0:
            raise ContainerFailure(self._failure_reason(outcome), outcome.exit_code)
        return TrainingResult(self._upload(self._layout.model, "model.tar.gz"), outcome.seconds, outcome.exit_code)

    def _upload(self, folder: Path, name: str) -> str:
        packed = self._workdir / name
        archive.pack(folder, packed)
        uri = storage.join_uri(self._artifacts, name)
        storage.upload_file(self._s3, packed, uri)
        packed.unlink()
        return uri

    def _failure_reason(self, outcome: _Outcome) -> str:
        said = outcome.last_error_line
        if self._layout.failure.is_file():
            said = self._layout.failure.read_text(encoding="utf-8", errors="replace").strip() or said
        start, end = "AlgorithmError: ", f", exit code: {outcome.exit_code}"
        return start + said[: ContainerFailure.LONGEST - len(start) - len(end)] + end

    def _raise_if_stopped(self) -> None:
        if self._stop_reason is not None:
            raise ContainerStopped(self._stop_reason)
