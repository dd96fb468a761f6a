"""Runs the benchmark of data preparation."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_benchmark_runs_at_a_small_size() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training.preparation", "--rows", "2000"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    result = json.loads(done.stdout.splitlines()[-1])
    assert {"seconds", "peak_mb", "rows", "reached"} <= set(result)
    assert result["sizes"][0]["near_duplicate_rows"] > 200
