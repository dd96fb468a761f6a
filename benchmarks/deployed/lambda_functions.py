"""The cost of the Lambda functions: their import on one core, the size of a package, and their time without the model.

    make bench-lambda [ARGS="--calls 500"]        or  python -m benchmarks.deployed.lambda_functions

The import is timed in new processes on one core, with bytecode already compiled: the best counts, because other work on
the machine only adds. Warm times are of the built handlers in a process of this Python that uses the model, tables and
queue of the local AWS (`make demo`); `overhead` is a call without its call of the endpoint. Without a running local AWS
these are null. The last line is one JSON object.
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
    """The function's module path: its package, then this environment's packages for the runtime's botocore."""
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
    """(own microseconds, with its imports, module) for each module, from `-X importtime`."""
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
        for each in page["Functions"]:
            if each["Handler"] == f"lambda_src.{function}.handler.handler":
                return dict(each["Environment"]["Variables"])
    raise SystemExit(f"bench-lambda: {function} is not deployed on the local AWS; deploy it with `make demo`")


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


def warm(function: str, payload: dict[str, Any], *, calls: int, environment: dict[str, str]) -> dict[str, Any]:
    """Milliseconds of `calls` calls of the built handler, one after the other, by where the time went."""
    plan = {"path": path_of(function), "function": function, "event": payload, "calls": calls, "warm_up": 30}
    settings = {**environment, **deployed(function, environment), "LOG_LEVEL": "ERROR"}
    done = python(str(Path(__file__).with_name("lambda_probe.py")), json.dumps(plan), environment=settings)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def classify_times(environment: dict[str, str], *, calls: int) -> dict[str, float]:
    """The classify function's warm times: p50, ms."""
    context = {"verdict": "ok", "key_id": "bench", "scopes": "classify"}
    result = warm("classify", event(context=context), calls=calls, environment=environment)
    if result["last"]["statusCode"] != 200:
        raise SystemExit(
            f"bench-lambda: the function answered {result['last']['statusCode']}: {result['last']['body']}"
        )
    over = [total - model for total, model in zip(result["total"], result["model"], strict=True)]
    own = [rest - log for rest, log in zip(over, result["log"], strict=True)]
    return {
        "overhead_p50_ms": statistics.median(over),
        "overhead_p90_ms": statistics.quantiles(over, n=10)[-1],
        "own_p50_ms": statistics.median(own),
        "log_p50_ms": statistics.median(result["log"]),
        "model_p50_ms": statistics.median(result["model"]),
    }


def authorizer_times(environment: dict[str, str], *, calls: int) -> dict[str, float]:
    """The authorizer's time for a key with limits and for one without: p50, ms."""
    times = {}
    for name, options in (("counted", ("--rate", "500", "--burst", "5000")), ("uncounted", ("--unlimited",))):
        payload = event(context={}, key=local.new_key(environment, "--over-share", *options))
        result = warm("authorizer", payload, calls=calls, environment=environment)
        assert result["last"]["context"]["verdict"] == "ok", result["last"]
        times[f"authorizer_{name}_p50_ms"] = statistics.median(result["total"])
    return times


def main() -> int:
    """Run the command and return the exit status."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="benchmarks.deployed.lambda_functions", description=about)
    parser.add_argument("--calls", type=int, default=300, help="warm calls of each handler (default: 300)")
    parser.add_argument("--runs", type=int, default=9, help="processes in which to time the import (default: 9)")
    options = parser.parse_args()
    if not (BUILT / FUNCTION).is_dir():
        print("bench-lambda: nothing is built; run `make assets`", file=sys.stderr)
        return 1

    rows = import_table(FUNCTION)
    packages: Counter[str] = Counter()
    for own, _, module in rows:
        packages[module.partition(".")[0]] += own
    print(f"Import of {FUNCTION}: {len(rows)} modules, slowed down by the tracing. By package, own ms:")
    print("  " + ", ".join(f"{name} {own / 1000:.0f}" for name, own in packages.most_common(12)))
    print(f"{'own ms':>10} {'with imports ms':>16}  module")
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
