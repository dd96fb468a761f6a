"""Runs a built function's handler in this process and times it: a child of benchmarks.deployed.lambda_functions.

    python -I -S lambda_probe.py '{"path": [...], "function": "classify", "event": {...}, "calls": 300, "warm_up": 30}'

Prints one JSON object: milliseconds of each call, `total`, and of what it waited for: `model` and `log` (classify).
Plain Python: nothing but the function's own package and botocore is on its path.
"""

import contextlib
import importlib
import io
import json
import sys
import time
from types import SimpleNamespace
from typing import Any

CONTEXT = SimpleNamespace(
    function_name="function",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:function",
    aws_request_id="00000000-0000-0000-0000-000000000000",
)


def timed(owner: Any, name: str, spent: list[float]) -> None:
    """Add the milliseconds of each call of `owner.name` to `spent`."""
    inner = getattr(owner, name)

    def wrapper(*args: Any, **keywords: Any) -> Any:
        started = time.perf_counter()
        try:
            return inner(*args, **keywords)
        finally:
            spent.append((time.perf_counter() - started) * 1000)

    setattr(owner, name, wrapper)


def main() -> None:
    """The command."""
    plan = json.loads(sys.argv[1])
    sys.path[:0] = plan["path"]
    handler = importlib.import_module(f"lambda_src.{plan['function']}.handler")
    spent: dict[str, list[float]] = {"total": [], "model": [], "log": []}
    if plan["function"] == "classify":
        timed(importlib.import_module("lambda_src.classify.backends.endpoint").Endpoint, "classify", spent["model"])
        timed(importlib.import_module("lambda_src.classify.log_writer").LogWriter, "write", spent["log"])
    timed(handler, "handler", spent["total"])
    answers = []
    # What a function prints goes to a pipe in Lambda; here to memory.
    with contextlib.redirect_stdout(io.StringIO()):
        for number in range(plan["warm_up"] + plan["calls"]):
            plan["event"]["requestContext"]["requestId"] = f"bench-{number}"
            answers.append(handler.handler(plan["event"], CONTEXT))
    spent = {name: values[plan["warm_up"] :] for name, values in spent.items()}
    print(json.dumps({**spent, "last": answers[-1]}))


if __name__ == "__main__":
    main()
