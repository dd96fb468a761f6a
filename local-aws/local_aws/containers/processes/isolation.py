"""Containers without a network (EnableNetworkIsolation): what is done here for SageMaker's network isolation.

SageMaker developer guide, "Run Training and Inference Containers in Internet-Free Mode": the containers can make no
outbound call, not even to S3, and have no AWS credentials; the hosts of a training job still reach each other.
SageMaker itself downloads channels and uploads results, as the local AWS does, outside of the container.
"""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from types import TracebackType

from local_aws.containers.processes import contained, namespace

SHARED = "shared"  # the machine's own network
_READY_SECONDS = 20.0
_OF_AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")


class NotSeparableError(Exception):
    """This machine does not let a process be without its network; the message says why, in a clause."""


class OwnNetwork:
    """A network in which a training job's hosts reach each other and nothing else, until `close`.

    Raises NotSeparableError. `word`: what a ContainerProcess in it is given as its network.
    """

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise NotSeparableError("only Linux has network namespaces")
        self._holder = subprocess.Popen(
            [sys.executable, "-I", "-S", namespace.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        assert self._holder.stdout is not None
        answer = self._holder.stdout.readline().strip()
        if answer != "ready":
            self.close()
            raise NotSeparableError(answer or "the network's process has ended")
        self.word = f"namespace:{self._holder.pid}"

    def __enter__(self) -> "OwnNetwork":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the network up; it lasts for as long as a process is in it."""
        self._holder.communicate(timeout=_READY_SECONDS)


def closed(*, to_ports: Iterable[int] = ()) -> str:
    """The network of a server that answers and opens no connection, except to these ports. Raises NotSeparableError."""
    if not contained.landlock_is_there():
        raise NotSeparableError("this kernel has no Landlock with network rules (Linux 6.7)")
    return f"closed:{','.join(map(str, to_ports))}"


def not_separated(error: NotSeparableError) -> str:
    """What the container's log says on a machine that cannot do it."""
    return (
        f"The local AWS cannot take this container's network away on this machine ({error}): "
        "it runs with one, unlike on AWS."
    )


def without_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what leads to AWS: an isolated container has no credentials."""
    return {name: value for name, value in environment.items() if name not in _OF_AWS}
