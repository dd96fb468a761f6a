"""What the Lambda functions cost: their import on one core, the size of a package, and their time beside the model's.

    make bench-lambda [ARGS="--calls 500"]        or  python -m benchmarks.deployed.lambda_functions

The import is timed in new processes on one core, with bytecode there already: the best of them, since other work on
the machine only adds. Warm times are of the built handlers in a process of this Python that asks the local AWS
(`make demo`) for the model, the tables and the queue: `overhead` is a call less its call of the endpoint. Without a
running local AWS these are null. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

from benchmarks.deployed import local

BUILT = local.ROOT / "build" / "lambda"
FUNCTION = "classify"
HEADLINE = "Shares rally as the central bank holds rates"
GOALS = {"overhead_p50_ms": 5.0, "import_ms": 250.0, "package_mb": 5.0}
ROWS = 25


def path_of(function: str) -> list[str]:
    """Where the function finds its modules: its package, then the runtime's botocore, which is this environment's."""
    return [str(BUILT / function), sysconfig.get_path("purelib")]


def python(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A new Python on one core, without this environment's own start-up files."""
    core = min(os.sched_getaffinity(0))
    return subprocess.run(
        [sys.executable, "-I", "-S", *arguments],
        env={**os.environ, **(environment or {})},
        text=True,
        capture_output=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )


def imports(function: str, *, runs: int) -> list[float]:
    """Milliseconds of importing the function's handler, in each of `runs` processes."""
    code = (
        f"import sys; sys.path[:0] = {path_of(function)!r}\nimport time; started = time.perf_counter()\n"
        f"import lambda_src.{function}.handler\nprint((time.perf_counter() - started) * 1000)"
    )
    return [float(python("-c", code).stdout) for _ in range(runs + 1)][1:]  # the first one writes the bytecode


def import_table(function: str) -> list[tuple[int, int, str]]:
    """(microseconds by itself, with what it imports, module) of each module, as `-X importtime` tells."""
    code = f"import sys; sys.path[:0] = {path_of(function)!r}\nimport lambda_src.{function}.handler"
    rows = []
    for line in python("-X", "importtime", "-c", code).stderr.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        whole, _, module = rest.partition("|")
        if own.strip().isdigit():
            rows.append((int(own), int(whole), module.strip()))
    return rows


def package(function: str) -> tuple[float, float]:
    """Megabytes of the function's package: unpacked, and as the zip file that is uploaded."""
    files = [file for file in (BUILT / function).rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    zipped = BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.relative_to(BUILT / function))
    return sum(file.stat().st_size for file in files) / 1e6, len(zipped.getvalue()) / 1e6


def deployed(function: str, environment: dict[str, str]) -> dict[str, str]:
    """The environment variables of the deployed function."""
    client = local.client("lambda", environment)
    for page in client.get_paginator("list_functions").paginate():
        for found in page["Functions"]:
            if found["Handler"] == f"lambda_src.{function}.handler.handler":
                return dict(found["Environment"]["Variables"])
    raise SystemExit(f"bench-lambda: {function} is not deployed on the local AWS: `make demo` deploys it")


def event(*, context: dict[str, Any], key: str = "") -> dict[str, Any]:
    """A POST /v1/classify as the HTTP API sends it."""
    return {
        "version": "2.0",
        "routeKey": "POST /v1/classify",
        "rawPath": "/v1/classify",
        "headers": {"content-type": "application/json", "x-api-key": key},
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/classify"},
            "stage": "$default",
            "requestId": "",
            "authorizer": {"lambda": context},
        },
        "isBase64Encoded": False,
        "body": json.dumps({"inputs": HEADLINE}),
    }


def warm(function: str, asked: dict[str, Any], *, calls: int, environment: dict[str, str]) -> dict[str, Any]:
    """Milliseconds of `calls` calls of the built handler, one after the other, by what they were spent on."""
    plan = {"path": path_of(function), "function": function, "event": asked, "calls": calls, "warm_up": 30}
    settings = {**environment, **deployed(function, environment), "LOG_LEVEL": "ERROR"}
    done = python(str(Path(__file__).with_name("lambda_probe.py")), json.dumps(plan), environment=settings)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def classify_times(environment: dict[str, str], *, calls: int) -> dict[str, float]:
    """The classify function's warm times: p50, ms."""
    context = {"verdict": "ok", "key_id": "bench", "scopes": "classify"}
    told = warm("classify", event(context=context), calls=calls, environment=environment)
    if told["last"]["statusCode"] != 200:
        raise SystemExit(f"bench-lambda: the function answered {told['last']['statusCode']}: {told['last']['body']}")
    over = [total - model for total, model in zip(told["total"], told["model"], strict=True)]
    own = [rest - log for rest, log in zip(over, told["log"], strict=True)]
    return {
        "overhead_p50_ms": statistics.median(over),
        "overhead_p90_ms": statistics.quantiles(over, n=10)[-1],
        "own_p50_ms": statistics.median(own),
        "log_p50_ms": statistics.median(told["log"]),
        "model_p50_ms": statistics.median(told["model"]),
    }


def authorizer_times(environment: dict[str, str], *, calls: int) -> dict[str, float]:
    """What the authorizer takes, for a key that is counted and for one that is not: p50, ms."""
    times = {}
    for name, options in (("counted", ("--rate", "500", "--burst", "5000")), ("uncounted", ("--unlimited",))):
        asked = event(context={}, key=local.new_key(environment, "--over-share", *options))
        told = warm("authorizer", asked, calls=calls, environment=environment)
        assert told["last"]["context"]["verdict"] == "ok", told["last"]
        times[f"authorizer_{name}_p50_ms"] = statistics.median(told["total"])
    return times


def main() -> int:
    """The command; its exit status."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="benchmarks.deployed.lambda_functions", description=about)
    parser.add_argument("--calls", type=int, default=300, help="warm calls of each handler (default: 300)")
    parser.add_argument("--runs", type=int, default=9, help="processes that the import is timed in (default: 9)")
    options = parser.parse_args()
    if not (BUILT / FUNCTION).is_dir():
        print("bench-lambda: nothing is built: `make assets` does it", file=sys.stderr)
        return 1

    rows = import_table(FUNCTION)
    packages: Counter[str] = Counter()
    for own, _, module in rows:
        packages[module.partition(".")[0]] += own
    print(f"Import of {FUNCTION}: {len(rows)} modules, slowed down by the tracing. By package, ms by itself:")
    print("  " + ", ".join(f"{name} {own / 1000:.0f}" for name, own in packages.most_common(12)))
    print(f"{'itself ms':>10} {'with its own ms':>16}  module")
    for own, whole, module in sorted(rows, key=lambda row: -row[1])[:ROWS]:
        print(f"{own / 1000:10.1f} {whole / 1000:16.1f}  {module}")

    taken = {name: imports(name, runs=options.runs) for name in (FUNCTION, "authorizer")}
    unpacked, zipped = package(FUNCTION)
    figures: dict[str, float | None] = {
        "overhead_p50_ms": None,
        "import_ms": min(taken[FUNCTION]),
        "import_median_ms": statistics.median(taken[FUNCTION]),
        "authorizer_import_ms": min(taken["authorizer"]),
        "package_mb": unpacked,
        "package_zip_mb": zipped,
    }
    environment = local.environment()
    if environment is None:
        print("No local AWS is running, so no warm times: `make demo` starts one.")
    else:
        figures |= classify_times(environment, calls=options.calls)
        figures |= authorizer_times(environment, calls=options.calls)
    rounded = {name: value if value is None else round(value, 2) for name, value in figures.items()}
    met = {name: (value is not None and value <= goal) for name, goal in GOALS.items() for value in [rounded[name]]}
    print(json.dumps({**rounded, "goals": GOALS, "met": met}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
