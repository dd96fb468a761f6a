"""Runs a command that may fail, such as an installer, and reports the reason in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def attempt(command: list[str], *, who: str, seconds: float, cwd: Path | None = None) -> str:
    """Run it after announcing it on standard error. Returns "" or why it failed: the last line of its output."""
    print(f"{who}: {' '.join(command)}", file=sys.stderr)
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return lines[-1][:200] if lines else f"exit status {done.returncode}"
