"""The hosts of a training job: as many as its InstanceCount says, all of them on this machine."""

import sys
from dataclasses import dataclass

from local_aws.containers.processes.ports import free_port

NETWORK_INTERFACE = "lo0" if sys.platform == "darwin" else "lo"


@dataclass(frozen=True)
class Host:
    """One of a job's hosts.

    `number` counts from 1 and `count` is how many there are. Several have loopback addresses that resolve, where
    SageMaker has names such as `algo-1`. `master_port`: one that was free, for the first one's rendezvous. One host has
    it as well: it may run several processes, and another job of this machine may as well.
    """

    number: int = 1
    count: int = 1
    master_port: int | None = None

    @property
    def name(self) -> str:
        """Its name in the log streams and among the work folders."""
        return f"algo-{self.number}"

    @property
    def address(self) -> str:
        """What the script knows it by."""
        return self.addresses[self.number - 1]

    @property
    def addresses(self) -> list[str]:
        """What the script knows all of them by, in order."""
        if self.count == 1:
            return [self.name]
        return [f"127.0.0.{number}" for number in range(1, self.count + 1)]

    def gpus(self, on_machine: int) -> range:
        """Its share of the machine's GPUs, by number: two hosts cannot use the same one. None where too few."""
        share = on_machine // self.count
        return range((self.number - 1) * share, self.number * share)


def of_job(count: int) -> list[Host]:
    """The hosts of a job with this InstanceCount."""
    port = free_port()
    return [Host(number, count, port) for number in range(1, count + 1)]
