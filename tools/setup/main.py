"""Brings the environments of this clone up to date; instant when they are."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from tools.setup import lock, node, torch_build, venvs
from tools.setup.commands import Runner
from tools.setup.errors import SetupError
from tools.setup.screen import Screen, Task, clock
from tools.terminal import clean

ROOT = Path(__file__).resolve().parents[2]
CUDA_GB = 8.0
REFRESH_SECONDS = 0.15


def pending(groups: list[str], *, root: Path) -> list[str]:
    """Those of `groups` that are not up to date."""
    stale = [name for name in groups if not venvs.is_current(venvs.VENVS[name], root=root)]
    if "app" in groups and "app" not in stale and not node.is_current(root=root):
        stale.insert(0, "app")
    return stale


def check_disk(groups: list[str], *, root: Path) -> None:
    """SetupError when there is clearly too little room for `groups`."""
    need = sum(venvs.VENVS[name].disk_gb for name in groups) + (node.DISK_GB if "app" in groups else 0)
    if "model" in groups and torch_build.has_nvidia_gpu():
        need += CUDA_GB
    free = shutil.disk_usage(root).free / 1e9
    if free < need:
        raise SetupError(
            f"only {free:.1f} GB of disk are free at {root} and about {need:.1f} GB are needed: "
            "free some space and run the same command again"
        )


class Work(threading.Thread):
    """Sets up one group in the background; `error` is what went wrong."""

    def __init__(self, group: str, *, root: Path, runner: Runner, say: Callable[[str], None]) -> None:
        super().__init__(name=group, daemon=True)
        self.venv, self.root, self.runner, self.say = venvs.VENVS[group], root, runner, say
        self.task = Task(self.venv.title)
        self.error: Exception | None = None

    def _doing(self, text: str) -> None:
        self.task.doing = text

    def run(self) -> None:
        """Make the environment and, for the application's, the CDK command line."""
        try:
            if not venvs.is_current(self.venv, root=self.root):
                venvs.make(self.venv, root=self.root, runner=self.runner, doing=self._doing, say=self.say)
            if self.name == "app" and not node.is_current(root=self.root):
                node.make(root=self.root, runner=self.runner, doing=self._doing)
        except Exception as error:  # noqa: BLE001 -- handed to the main thread, which reports it
            self.error = error
        self.task.finish(failed=self.error is not None)


def bring_up_to_date(groups: list[str], *, root: Path, runner: Runner) -> None:
    """Set up `groups` side by side; the first failure stops the others and is raised."""
    screen = Screen([])
    works = [Work(name, root=root, runner=runner, say=screen.say) for name in groups]
    screen.tasks = [work.task for work in works]
    started = time.monotonic()
    screen.say(f"preparing {', '.join(work.task.name for work in works)}: a few minutes the first time")
    for work in works:
        work.start()
    try:
        while any(work.is_alive() for work in works) and not any(work.error for work in works):
            screen.refresh()
            time.sleep(REFRESH_SECONDS)
    finally:
        first = next((work.error for work in works if work.error), None)
        if first or any(work.is_alive() for work in works):
            runner.stop()
        for work in works:
            work.join(timeout=10)
        screen.refresh()
    if first:
        raise first
    screen.say(f"everything is ready ({clock(time.monotonic() - started)})")


def _on_terminate(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def set_up(groups: list[str], *, root: Path) -> bool:
    """Bring `groups` up to date; whether there was anything to do. SetupError says what stops it."""
    if not pending(groups, root=root):
        return False

    def waiting(holder: str) -> None:
        print(f"setup: another setup of this folder is running (process {holder}); waiting for it", file=sys.stderr)

    with lock.held(root / ".setup.lock", on_wait=waiting) as handle:
        stale = pending(groups, root=root)
        if stale:
            check_disk(stale, root=root)
            bring_up_to_date(stale, root=root, runner=Runner(root=root, lock_handle=handle))
    return bool(stale)


def main(argv: list[str]) -> int:
    """The command; returns its exit status (0 ready, 1 failed, 130 interrupted)."""
    parser = argparse.ArgumentParser(prog="setup_env.py", description="Set up Rubric's environments in this clone.")
    parser.add_argument(
        "groups",
        nargs="*",
        metavar="app|model|aws|notebooks|huggingface|bench|all",
        help="which to set up (default: all, which is app, model and aws)",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing when everything is ready already")
    options = parser.parse_args(argv)
    unknown = [name for name in options.groups if name not in {*venvs.VENVS, "all"}]
    if unknown:
        parser.error(f"{unknown[0]!r} is not one of {', '.join(venvs.VENVS)}, all")
    groups = venvs.chosen(options.groups)
    signal.signal(signal.SIGTERM, _on_terminate)
    try:
        did_something = set_up(groups, root=ROOT)
    except SetupError as error:
        for line in error.detail:
            print(clean(f"  {line}"), file=sys.stderr)
        print(clean(f"setup: {error}"), file=sys.stderr)
        return 1
    except OSError as error:
        print(clean(f"setup: {error.strerror or error}: {error.filename or ROOT}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run the same command again to continue", file=sys.stderr)
        return 130
    if not did_something and not options.quiet:
        print(f"setup: {', '.join(groups)} up to date", file=sys.stderr)
    return 0
