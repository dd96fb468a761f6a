"""Tests the memory and processor time of a server with all its processes."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.serving.servers import processes


def test_a_servers_children_count_with_it() -> None:
    child = "import time; held = bytearray(b'x' * 40_000_000); print('up', flush=True); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], start_new_session=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout and process.stdout.readline() == b"up\n"
            seconds = processes.group(process.pid)
            assert len(seconds) == 2
            assert sum(seconds.values()) > 0
            with processes.Watch(process.pid) as watch:
                pass
            assert watch.peak_mb > 40
        finally:
            for each in processes.group(process.pid):
                subprocess.run(["kill", str(each)], check=True)
