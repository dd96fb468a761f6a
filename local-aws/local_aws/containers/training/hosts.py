"""The hosts of a training job: as many as its InstanceCount, all on this machine."""

import sys
from dataclasses import dataclass

from local_aws.containers.processes.ports import free_port

NETWORK_INTERFACE = "lo0" if sys.platform == "darwin" else "lo"


@dataclass(frozen=True)
class Host:
    """One of a job's hosts.

    `number` counts from 1 and `count` is how many hosts there are. Several hosts have loopback addresses that resolve,
    where SageMaker uses names such as `algo-1`. `master_port` is a port that was free, for the first host's rendezvous.
    A single host has one too: it may run several processes, and so may another job on this machine.
    """

    number: int = 1
    count: int = 1
    master_port: int | None = None

    @property
    def name(self) -> str:
        """The host's name in log streams and work folders."""
        return f"algo-{self.number}"

    @property
    def address(self) -> str:
        """The address by which scripts reach this host."""
        return self.addresses[self.number - 1]

    @property
    def addresses(self) -> list[str]:
        """The addresses by which scripts reach all the hosts, in order."""
        if self.count == 1:
            return [self.name]
        return [f"127.0.0.{number}" for number in range(1, self.count + 1)]

    def gpus(self, on_machine: int) -> range:
        """Return this host's share of the machine's GPUs, by number. Hosts never share a GPU; may be empty."""
        share = on_machine // self.count
        return range((self.number - 1) * share, self.number * share)


def of_job(count: int) -> list[Host]:
    """Return the hosts of a job with this InstanceCount."""
    port = free_port()
    return [Host(number, count, port) for number in range(1, count + 1)]
