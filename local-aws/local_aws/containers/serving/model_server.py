"""A model server's process and the HTTP connections to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import urllib3
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from local_aws.containers.errors import ContainerTimeout, ContainerUnavailable
from local_aws.containers.processes.isolation import SHARED
from local_aws.containers.processes.lines import Lines
from local_aws.containers.processes.ports import HOST, free_port
from local_aws.containers.processes.process import ContainerProcess

_PING_SECONDS = 2.0  # SageMaker's time limit for GET /ping
_CONNECT_SECONDS = 2.0
_CONNECTIONS_KEPT = 128


@dataclass(frozen=True)
class ContainerResponse:
    """A model server's unchanged answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class ModelServer:
    """One run of a model server: a process with its own loopback port."""

    def __init__(
        self,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log: Lines,
        network: str = SHARED,
    ) -> None:
        port = free_port()
        self.process = ContainerProcess(
            command=command,
            cwd=folder,
            environment={**environment, "SAGEMAKER_BIND_TO_PORT": str(port)},
            folder=folder,
            log=log,
            network=network,
        )
        self._pool = urllib3.HTTPConnectionPool(HOST, port, maxsize=_CONNECTIONS_KEPT, block=False)

    def ping(self) -> bool:
        """Whether GET /ping returns 200 in time."""
        try:
            answer = self._pool.request("GET", "/ping", timeout=_PING_SECONDS, retries=False, redirect=False)
        except HTTPError:
            return False
        return answer.status == 200

    def invoke(self, *, body: bytes, headers: Mapping[str, str], timeout: float) -> ContainerResponse:
        """Send POST /invocations. Raises ContainerTimeout, ContainerUnavailable."""
        try:
            try:
                return self._post(body, headers, timeout)
            except ProtocolError:
                # The server may have just closed a kept-alive connection; if it died, the second try fails too.
                return self._post(body, headers, timeout)
        except ReadTimeoutError as error:
            raise ContainerTimeout(f"the model server did not answer within {timeout:g} s") from error
        except HTTPError as error:
            raise ContainerUnavailable(f"the model server cannot be reached: {error}") from error

    def close(self) -> None:
        """Close the connections; `stop` of the process ends the process."""
        self._pool.close()

    def _post(self, body: bytes, headers: Mapping[str, str], timeout: float) -> ContainerResponse:
        answer = self._pool.urlopen(
            "POST",
            "/invocations",
            body=body,
            headers=dict(headers),
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=timeout),
            retries=False,
            redirect=False,
            decode_content=False,
        )
        received = {name.lower(): text for name, text in answer.headers.items()}
        return ContainerResponse(answer.status, received, answer.data)
