"""Time and memory of `rubric batch`, on the local AWS of `make demo` that AWS_ENDPOINT_URL names.

    eval "$(make -s local-env)"; .venv/bin/python -m benchmarks.deployed.batch [--lines 1000000]

Two files of generated headlines go through the deployed model, one with a quarter of the lines. The last line is one
JSON object: seconds, lines a second, the peak resident memory of the command and of the job's model server for both
files, and their ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from model_code.dataset_generator.generate_headlines import headlines

ROOT = Path(__file__).resolve().parents[2]
DISTINCT = 20_000
LARGE_TO_SMALL = 4  # even the smaller file has many requests and more than one upload part
SAMPLE_SECONDS = 0.2
SERVER = "model_code.serving.server"


class Peaks:
    """The greatest resident memory, in MB, of a command and of the model servers that transform jobs start."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self.command = self.server = 0.0
        self._thread = threading.Thread(target=self._sample_on, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more samples."""
        self._over.set()
        self._thread.join()

    def _sample_on(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.command = max(self.command, _resident(self._pid))
            self.server = max([self.server, *(_resident(pid) for pid in _servers())])


def write(path: Path, *, lines: int) -> None:
    """A JSON lines file of generated headlines; after the first 20,000 they repeat with a number."""
    texts = [text for text, _ in headlines(min(lines, DISTINCT), seed=7)]
    with path.open("w", encoding="utf-8") as file:
        for number, text in enumerate(islice(cycle(texts), lines)):
            file.write(json.dumps({"inputs": f"{text} {number}" if number >= DISTINCT else text}) + "\n")


def measure(folder: Path, *, lines: int, env: str) -> dict[str, Any]:
    """Run one batch of so many lines."""
    texts, answers = folder / f"texts-{lines}.jsonl", folder / f"answers-{lines}.jsonl"
    write(texts, lines=lines)
    command = [str(ROOT / ".venv/bin/rubric"), "--env", env, "batch", str(texts), str(answers), "--json", "--plain"]
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        peaks = Peaks(process.pid)
        output, _ = process.communicate()
        peaks.stop()
    if process.returncode:
        sys.exit(f"rubric batch ended with {process.returncode}")
    report = json.loads(output)
    seconds = time.monotonic() - started
    return {
        "lines": lines,
        "megabytes": round(texts.stat().st_size / 1e6, 1),
        "answered": report["answered"],
        "seconds": round(seconds, 1),
        "job_seconds": round(report["seconds"], 1),
        "lines_a_second": round(lines / report["seconds"]),
        "peak_mb_command": round(peaks.command),
        "peak_mb_model_server": round(peaks.server),
    }


def _servers() -> list[int]:
    """Process ids of transform jobs' model servers, which have SAGEMAKER_BATCH set."""
    pids = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (
                SERVER.encode() in (entry / "cmdline").read_bytes()
                and b"SAGEMAKER_BATCH=true" in (entry / "environ").read_bytes()
            ):
                pids.append(int(entry.name))
        except OSError:  # it ended, or is another user's
            continue
    return pids


def _resident(pid: int) -> float:
    try:
        pages = int((Path("/proc") / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--env", default="local")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="rubric-batch-") as folder:
        small = measure(Path(folder), lines=max(1, chosen.lines // LARGE_TO_SMALL), env=chosen.env)
        large = measure(Path(folder), lines=chosen.lines, env=chosen.env)
    ratios = {
        f"{name}_ratio": round(large[name] / small[name], 2) for name in ("peak_mb_command", "peak_mb_model_server")
    }
    print(json.dumps({"small": small, "large": large, **ratios}))


if __name__ == "__main__":
    main()
