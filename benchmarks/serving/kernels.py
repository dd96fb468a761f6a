"""The ways to run the exported model on one core compared: float32, int8, bfloat16, OpenVINO, our own kernels.

    .venv-model/bin/python -m benchmarks.serving.kernels [--data news/train.tsv] [--rounds 9]

DistilBERT-base's shape with random weights, exported as a training job does. Each way runs in its own process; they
take turns, because a shared machine's speed changes, and processor time is measured: for one text of 16 word pieces,
and for batches of 32 texts of 16 and of 24. Agreement and differences need real weights and are in each training job's
report. Last line: one JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import chips
from benchmarks.screen import Line
from benchmarks.serving.servers import model
from contracts.models import artifact
from model_code.serving.engines.native import library
from model_code.training.exporting import candidates

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
SHAPES = ((1, 16), (32, 16), (32, 24))
FORMS = "forms"
# Name -> kind of worker, file.
WAYS = {
    "float32, ONNX Runtime": ("onnxruntime", f"{FORMS}/{candidates.FLOAT32}.onnx"),
    "dynamic int8, ONNX Runtime": ("onnxruntime", f"{FORMS}/{candidates.DYNAMIC}.onnx"),
    "static int8, ONNX Runtime": ("onnxruntime", f"{FORMS}/{candidates.STATIC}.onnx"),
    "bfloat16, OpenVINO": ("openvino-bf16", f"{FORMS}/{candidates.FLOAT32}.onnx"),
    "static int8 (QDQ), OpenVINO": ("openvino-int8", f"{FORMS}/{candidates.STATIC}-qdq.onnx"),
    "bfloat16, torch": ("torch-bf16", model.TRANSFORMERS),
}
if kernels := library.fast():
    WAYS[f"int8 by {library.kernel(kernels)}, our kernels"] = ("native", f"{model.ARTIFACT}/{artifact.ENCODER_FILE}")


class Worker:
    """A way to run the model, in a process that waits for its turns."""

    def __init__(self, kind: str, path: Path, stack: ExitStack) -> None:
        command = [PYTHON, "-m", "benchmarks.serving.kernel_worker", kind, path]
        self._process = stack.enter_context(
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        stack.callback(self._process.kill)
        self._line()  # "ready"

    def measure(self, texts: int, pieces: int) -> float:
        """Processor milliseconds per text."""
        assert self._process.stdin is not None
        print(texts, pieces, file=self._process.stdin, flush=True)
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a worker has failed; its message is above")
        return line


def measure(built: Path, *, rounds: int, line: Line) -> dict[str, dict[str, float]]:
    """Median milliseconds by way and shape."""
    with ExitStack() as stack:
        workers = {}
        for name, (kind, path) in WAYS.items():
            line.begin(f"load {name}")
            workers[name] = Worker(kind, built / path, stack)
            line.end("ready")
        times: dict[str, dict[str, list[float]]] = {name: {} for name in workers}
        for number in range(rounds):
            line.begin(f"round {number + 1}")
            for texts, pieces in SHAPES:
                for name, worker in workers.items():
                    times[name].setdefault(f"{texts} x {pieces}", []).append(worker.measure(texts, pieces))
            line.end("done")
    return {
        name: {shape: round(statistics.median(each), 3) for shape, each in shapes.items()}
        for name, shapes in times.items()
    }


def table(medians: dict[str, dict[str, float]]) -> str:
    """Markdown."""
    shapes = [f"{texts} x {pieces}" for texts, pieces in SHAPES]
    lines = [f"| way | {' | '.join(shapes)} |", f"| --- |{' --- |' * len(shapes)}"]
    lines += [f"| {name} | {' | '.join(f'{each[shape]:.2f}' for shape in shapes)} |" for name, each in medians.items()]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--data", type=Path, help="labelled file whose texts to calibrate with (default: generated ones)"
    )
    options.add_argument("--rounds", type=int, default=9, help="turns of each (default 9)")
    chosen = options.parse_args(arguments)
    if not PYTHON.exists():
        raise SystemExit(f"{PYTHON} does not exist; run python3 tools/setup_env.py bench")
    line = Line(total=1 + len(WAYS) + chosen.rounds)
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "built"
        line.begin("make the model")
        model.build(built, data=chosen.data, forms=built / FORMS)
        line.end("done")
        medians = measure(built, rounds=chosen.rounds, line=line)
    print(table(medians))
    result: dict[str, Any] = {"ms_per_text": medians, "machine": chips.device_name("cpu"), "rounds": chosen.rounds}
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
