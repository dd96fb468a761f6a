"""Brings the environments of this clone up to date; instant if they are."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from tools.common.terminal import clean
from tools.setup import lock, node, torch_build, uv, venvs
from tools.setup.commands import Runner, SetupError

ROOT = Path(__file__).resolve().parents[2]
CUDA_GB = 8.0


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


def say(text: str) -> None:
    """A line of ours among those of the tools."""
    print(f"setup: {clean(text)}", file=sys.stderr, flush=True)


def bring_up_to_date(groups: list[str], *, root: Path, runner: Runner) -> None:
    """Set up `groups`, one after another: uv itself fetches and unpacks side by side."""
    started = time.monotonic()
    if not uv.is_current(root=root):
        say("getting uv")
        uv.make(root=root, runner=runner)
    program = uv.ready(root=root)
    for name in groups:
        venv = venvs.VENVS[name]
        if not venvs.is_current(venv, root=root):
            say(f"preparing {venv.title}")
            venvs.make(venv, uv=program, runner=runner, say=say)
        if name == "app" and not node.is_current(root=root):
            say("installing the CDK command line")
            node.make(root=root, runner=runner)
    seconds = int(time.monotonic() - started)
    say(f"everything is ready ({seconds // 60}:{seconds % 60:02d})")


def _on_terminate(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def set_up(groups: list[str], *, root: Path) -> bool:
    """Bring `groups` up to date; returns whether there was anything to do. Raises SetupError if it cannot."""
    if not pending(groups, root=root) and uv.is_current(root=root):
        return False

    def waiting(holder: str) -> None:
        say(f"another setup of this folder is running (process {holder}); waiting for it")

    with lock.held(root / ".setup.lock", on_wait=waiting) as handle:
        stale = pending(groups, root=root)
        did_something = bool(stale) or not uv.is_current(root=root)
        if did_something:
            check_disk(stale, root=root)
            bring_up_to_date(stale, root=root, runner=Runner(root=root, lock_handle=handle))
    return did_something


def main(argv: list[str]) -> int:
    """The command; returns its exit status (0 ready, 1 failed, 130 interrupted)."""
    parser = argparse.ArgumentParser(prog="setup_env.py", description="Set up Rubric's environments in this clone.")
    parser.add_argument(
        "groups",
        nargs="*",
        metavar="app|model|aws|notebooks|huggingface|mongodb|bench|all",
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
        say(str(error))
        return 1
    except OSError as error:
        say(f"{error.strerror or error}: {error.filename or ROOT}")
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run the same command again to continue", file=sys.stderr)
        return 130
    if not did_something and not options.quiet:
        say(f"{', '.join(groups)} up to date")
    return 0
