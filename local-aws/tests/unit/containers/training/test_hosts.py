"""Tests the numbered hosts of a job."""

import pytest

from local_aws.containers.training.hosts import Host, of_job


def test_one_host_is_named_as_on_sagemaker_and_several_by_addresses_that_resolve() -> None:
    [alone] = of_job(1)
    assert (alone.name, alone.address, alone.addresses) == ("algo-1", "algo-1", ["algo-1"])
    assert len({of_job(1)[0].master_port for _ in range(8)}) == 8, "jobs that run at the same time do not meet"
    hosts = of_job(16)
    assert [host.name for host in hosts][::5] == ["algo-1", "algo-6", "algo-11", "algo-16"]
    assert {host.address for host in hosts} == set(hosts[3].addresses)
    assert sorted(hosts[9].addresses)[0] == hosts[0].address, "the first of the sorted list is the first host"
    assert len({host.master_port for host in hosts}) == 1


@pytest.mark.parametrize(
    ("count", "on_machine", "shares"),
    [(1, 2, [[0, 1]]), (2, 5, [[0, 1], [2, 3]]), (2, 1, [[], []]), (3, 0, [[], [], []])],
)
def test_gpus_are_divided(count: int, on_machine: int, shares: list[list[int]]) -> None:
    assert [list(Host(number, count).gpus(on_machine)) for number in range(1, count + 1)] == shares
