"""Metrics are counted by value, and read from /proc."""

import os
from collections.abc import Mapping
from pathlib import Path

from local_aws.containers.processes.utilization import Usage
from local_aws.sagemaker.reporting.cloudwatch import Key, MetricBuffer

KEY = Key(("000000000000", "us-east-1"), "AWS/SageMaker", "ModelLatency", "Microseconds", (("EndpointName", "e"),))


def test_equal_values_are_handed_on_once_with_their_count() -> None:
    buffer = MetricBuffer()
    for value in (1234.0, 1231.0, 5.0):
        buffer.add(KEY, value)
    written: list[tuple[Key, dict[float, int]]] = []

    def write(key: Key, counts: Mapping[float, int]) -> None:
        written.append((key, dict(counts)))

    buffer.flush(write)
    buffer.flush(write)
    assert written == [(KEY, {1230.0: 2, 5.0: 1})]


def fake_process(proc: Path, pid: int, *, ticks: int, pages: int, children: str = "") -> None:
    folder = proc / str(pid)
    (folder / "task" / str(pid)).mkdir(parents=True, exist_ok=True)
    (folder / "task" / str(pid) / "children").write_text(children)
    (folder / "stat").write_text(f"{pid} (a (b) c) S " + " ".join(["0"] * 10) + f" {ticks} 0 0")
    (folder / "statm").write_text(f"0 {pages} 0")


def test_a_process_counts_with_its_children(tmp_path: Path) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    (tmp_path / "meminfo").write_text(f"MemFree: 1 kB\nMemTotal: {page * 100 // 1024} kB\n")
    fake_process(tmp_path, 1, ticks=10, pages=5, children="2 ")
    fake_process(tmp_path, 2, ticks=10, pages=15)
    usage = Usage(proc=tmp_path)
    assert usage.read(1) == {"MemoryUtilization": 20.0}
    fake_process(tmp_path, 2, ticks=1000, pages=15)
    assert usage.read(1)["CPUUtilization"] > 0
    assert usage.read(3) == {}
