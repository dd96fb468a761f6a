"""Answer a Lambda's invocation without delay, with everything that it logged in its own log.

MiniStack waits up to 50 ms for a handler's standard error, and takes a pause of 5 ms as its end. Here the worker
process marks the end of each invocation's log before it answers, so no guessing is needed.
"""

import queue
import time
from typing import Any

from local_aws import private_api

_IMPORTS = "import sys, json, importlib, traceback, os, time\n"
_ANSWER = '_real_stdout.write(json.dumps({"status": "ok", "result": result})'
_FAILURE = '_real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})'
_SCRIPT = private_api.declare(
    "ministack.core.lambda_runtime",
    "_PYTHON_WORKER_SCRIPT",
    "mark the end of a Lambda's log",
    expects=lambda script: all(str(script).count(part) == 1 for part in (_IMPORTS, _ANSWER, _FAILURE)),
)
_DRAIN = private_api.declare(
    "ministack.core.lambda_runtime",
    "Worker._drain_stderr_bounded",
    "answer at once when a Lambda has logged nothing",
    takes=("self", "first_line_wait", "idle_confirm", "hard_cap"),
)

_MARK = "\x00local-aws-end-of-log"
_MARKER = f"""
def _local_aws_end_of_log():
    try:
        sys.stderr.flush()
    except ValueError:
        pass
    os.write(2, {(_MARK + chr(10)).encode()!r})
"""
# Only for a process that writes no mark because its standard error was taken away.
_HARD_CAP_SECONDS = 2.0
_POLL_SECONDS = 0.05


def install() -> None:
    """Make the Python worker mark the end of its log, and read up to the mark."""
    wait = _DRAIN.get()
    _SCRIPT.set(marked(_SCRIPT.get()))

    def drain_until_mark(worker: Any, *args: Any, **keywords: Any) -> str:
        if str(worker.config.get("Runtime", "")).startswith("python"):
            return drain(worker)
        return str(wait(worker, *args, **keywords))

    _DRAIN.set(drain_until_mark)


def marked(script: str) -> str:
    """Return the worker script, changed to mark the end of the log before each answer."""
    answer = (
        f"{_ANSWER.replace('_real_stdout.write(', '_answer = ')}; _local_aws_end_of_log(); _real_stdout.write(_answer"
    )
    script = script.replace(_IMPORTS, _IMPORTS + _MARKER).replace(_ANSWER, answer)
    return script.replace(_FAILURE, f"_local_aws_end_of_log(); {_FAILURE}")


def drain(worker: Any) -> str:
    """Return an invocation's standard error: up to the mark, or to the end if the process died."""
    lines: list[str] = []
    deadline = time.monotonic() + _HARD_CAP_SECONDS
    while time.monotonic() < deadline:
        ended = worker._stderr_thread is None or not worker._stderr_thread.is_alive()
        try:
            line = worker._stderr_queue.get(block=not ended, timeout=_POLL_SECONDS)
        except queue.Empty:
            if ended:
                break
            continue
        if line.endswith(_MARK):
            # The mark follows directly if the last line has no line feed.
            lines.extend([line.removesuffix(_MARK)] if line != _MARK else [])
            break
        lines.append(line)
    return "\n".join(lines)
