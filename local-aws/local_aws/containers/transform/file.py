"""One input file of a transform job: send its mini-batches to the model server and write the answers in order."""

import gzip
import threading
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from local_aws.containers.errors import ContainerTimeout, ContainerUnavailable
from local_aws.containers.serving.model_server import ContainerResponse
from local_aws.containers.transform.records import PayloadTooLargeError
from local_aws.containers.transform.request import Plan

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_LONGEST_SAID = 2_000
_MODEL_MESSAGE = "Message:"


class Server(Protocol):
    """Answers payloads; implemented by containers.ModelContainer."""

    def invoke(self, *, body: bytes, headers: Mapping[str, str], timeout: float) -> ContainerResponse: ...


class FileFailedError(Exception):
    """The file has no answers. `code` is ClientError or AlgorithmError; `log_lines` go to the data log."""

    def __init__(self, code: str, *log_lines: str) -> None:
        super().__init__(log_lines[0])
        self.code = code
        self.log_lines = log_lines


class StoppedError(Exception):
    """The job was stopped before the file was done."""


class Asker:
    """Send requests to one server, with at most `plan.concurrent` at once across all files."""

    def __init__(self, server: Server, plan: Plan, stopped: threading.Event) -> None:
        self._server = server
        self._plan = plan
        self._stopped = stopped
        self._requests = ThreadPoolExecutor(plan.concurrent, thread_name_prefix="transform")

    def transform(self, source: Path, target: Path) -> None:
        """Write the answers for `source` to `target`. Holds only a few payloads and answers, regardless of file size.

        Raises FileFailedError; StoppedError once the job is stopped.
        """
        asked: deque[Future[bytes]] = deque()
        try:
            with target.open("wb") as output, self._plan.payloads(source) as payloads:
                for payload in payloads:
                    if len(asked) == self._plan.concurrent:
                        self._write(output.write, asked.popleft())
                    asked.append(self._requests.submit(self._ask, payload))
                while asked:
                    self._write(output.write, asked.popleft())
        except PayloadTooLargeError:
            raise FileFailedError("ClientError", "Too much data for max payload size") from None
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise FileFailedError("ClientError", f"The file is not a gzip file: {error}") from error
        finally:
            for request in asked:
                request.cancel()

    def close(self) -> None:
        """Drop the waiting requests."""
        self._requests.shutdown(wait=False, cancel_futures=True)

    def _write(self, write: Callable[[bytes], object], request: "Future[bytes]") -> None:
        answer = request.result()
        write(answer)
        if self._plan.newline and not answer.endswith(b"\n"):
            write(b"\n")

    def _ask(self, payload: bytes) -> bytes:
        """Return the answer; retries as often as the job allows if the payload is not at fault."""
        pause = _FIRST_PAUSE
        for left in range(self._plan.retries, -1, -1):
            if self._stopped.is_set():
                raise StoppedError
            try:
                answer = self._server.invoke(body=payload, headers=self._plan.headers, timeout=self._plan.timeout)
            except ContainerTimeout:
                failure = FileFailedError("AlgorithmError", "Model server did not respond to /invocations request")
            except ContainerUnavailable as error:
                failure = FileFailedError("AlgorithmError", f"Model server did not respond: {error}")
            else:
                if 200 <= answer.status < 300:
                    return answer.body
                failure = _failure(answer)
                if answer.status < 500:
                    break
            if left and self._stopped.wait(pause):
                raise StoppedError
            pause = min(2 * pause, _LONGEST_PAUSE)
        raise StoppedError if self._stopped.is_set() else failure


def _failure(answer: ContainerResponse) -> FileFailedError:
    lines = answer.body.decode("utf-8", "replace")[:_LONGEST_SAID].splitlines()
    code = "ClientError" if answer.status < 500 else "AlgorithmError"
    return FileFailedError(code, f"{code}: {answer.status}", "", _MODEL_MESSAGE, *lines)
