"""Tests the reading of a container's resource use from its processes."""

import subprocess
import sys

import psutil

from local_aws.containers.processes.utilization import Usage

# A process that has started another, which holds 64 MiB and computes for as long as it is asked to.
CHILD = """
data = bytearray(64 << 20)
print(len(data), flush=True)
while input():
    print(sum(range(3_000_000)) > 0, flush=True)
"""
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


def test_a_process_counts_with_what_it_started() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == f"{64 << 20}\n"
        usage = Usage()
        first = usage.read(process.pid)
        assert first.keys() == {"MemoryUtilization"}
        share = 100 * (64 << 20) / psutil.virtual_memory().total
        assert share < first["MemoryUtilization"] < 100
        process.stdin.write("on\n")
        process.stdin.flush()
        assert process.stdout.readline() == "True\n"
        assert usage.read(process.pid)["CPUUtilization"] > 1
        process.stdin.write("\n")
        process.stdin.close()
        process.wait()
    assert usage.read(process.pid) == {}


def test_another_container_has_no_share_of_the_processor_yet() -> None:
    usage = Usage()
    usage.read(psutil.Process().pid)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True) as other:
        assert usage.read(other.pid).keys() == {"MemoryUtilization"}
        assert other.stdin
        other.stdin.close()
