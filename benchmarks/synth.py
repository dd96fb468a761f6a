"""Synthesising every environment and combination of tests/published in one process, against the CDK CLI one by one.

`.venv/bin/python -m benchmarks.synth`; `--one-by-one N` runs the CLI on only N of them and extrapolates
from their mean. It also checks that both ways make the same templates from the same small built tree.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AT_MOST = 1 / 3


def checkout(folder: Path) -> Path:
    """Copies the app's files beside a small built tree, which both ways read."""
    from tests.stacks.built import BUILT

    ignored = shutil.ignore_patterns("__pycache__", "*.override.yaml")
    for name in ("environments", "stacks", "contracts"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, folder)
    for file in BUILT:
        path = folder / "build" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"stands for {file}\n", encoding="utf-8")
    return folder


def together(app: Path, out: Path) -> list[str]:
    """Synthesises all in this process; the names of those with valid settings."""
    from tests.published.synthesised.synthesis import synthesise, written

    outcomes = synthesise(written(app / "settings", root=app), root=app, build=app / "build", out=out)
    failed = [name for name, outcome in outcomes.items() if outcome.failed]
    if failed:
        raise RuntimeError(f"not synthesised: {', '.join(failed)}")
    return [name for name, outcome in outcomes.items() if outcome.settings]


def one(app: Path, name: str, *, out: Path) -> float:
    """Seconds that the CLI takes for one."""
    [file] = (app / "settings" / name).glob("*.yaml")
    command = [str(ROOT / "node_modules/.bin/cdk"), "synth", "--quiet", "--app", f"{sys.executable} app.py"]
    command += ["--build", "", "-c", f"env={file}", "--output", str(out / name)]
    # The CLI adds metadata about the app, which AWS does not need.
    command += ["--no-path-metadata", "--no-asset-metadata"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    started = time.perf_counter()
    subprocess.run(command, cwd=app, env={**os.environ, "PATH": path}, check=True, capture_output=True)
    return time.perf_counter() - started


def different(first: Path, second: Path, names: Sequence[str]) -> list[str]:
    """Templates in which the two ways differ."""
    differing = []
    for name in names:
        files = [path.name for path in (first / name).glob("*.template.json")]
        same, _, _ = filecmp.cmpfiles(first / name, second / name, files, shallow=False)
        differing += [f"{name}/{file}" for file in files if file not in same] or ([] if files else [f"{name}: nothing"])
    return differing


def processor() -> str:
    """The processor's own name."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 1 when one process takes more than a third of the time, or templates differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one-by-one", type=int, metavar="N", help="how many to run with the CLI (default: all)")
    parser.add_argument("--together", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.together:
        print(" ".join(together(*options.together)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        app, out = checkout(Path(temporary) / "app"), Path(temporary) / "out"
        command = [sys.executable, "-m", "benchmarks.synth", "--together", str(app), str(out / "together")]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - started
        names = done.stdout.split()
        # Evenly over the list: neighbours are alike.
        chosen = names[:: max(1, len(names) // (options.one_by_one or len(names)))]
        took = [one(app, name, out=out / "cli") for name in chosen]
        unlike = different(out / "together", out / "cli", chosen)
    if unlike:
        print(f"the templates differ: {', '.join(unlike)}", file=sys.stderr)
        return 1
    by_cli = sum(took) / len(took) * len(names)
    print(f"{len(names)} environments and combinations; {processor()}, {os.cpu_count()} cores")
    print(f"one process: {seconds:.0f} s; the CLI: {by_cli:.0f} s ({len(took)} measured); {seconds / by_cli:.3f} of it")
    return 0 if seconds / by_cli <= AT_MOST else 1


if __name__ == "__main__":
    sys.exit(main())
