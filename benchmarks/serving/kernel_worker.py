"""One way to run DistilBERT-base on one core: answers each line "texts pieces" with processor milliseconds per text.

python -m benchmarks.serving.kernel_worker KIND PATH      (started by benchmarks/serving/kernels.py)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

ENOUGH_SECONDS = 0.15  # a measurement is repeated for at least this long
Feeds = dict[str, "np.ndarray[Any, Any]"]


def onnx_runtime(path: str) -> Callable[[Feeds], object]:
    """As the classifier runs it."""
    import onnxruntime

    from model_code.serving.engines.onnx import session as onnx_session

    session = onnxruntime.InferenceSession(
        path,
        onnx_session.options(threads=1),
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],
    )
    names = [each.name for each in session.get_inputs()]
    return lambda feeds: session.run(None, {name: feeds[name] for name in names})


def openvino(path: str, precision: str) -> Callable[[Feeds], object]:
    """OpenVINO's CPU plug-in; ``precision``: in which it may compute float32 operators."""
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    compiled = core.compile_model(core.read_model(path), "CPU", settings)
    names = [each.get_any_name() for each in compiled.inputs]
    request = compiled.create_infer_request()
    return lambda feeds: request.infer({name: feeds[name] for name in names})


def torch_bf16(path: str) -> Callable[[Feeds], object]:
    """transformers' model with bfloat16 weights and products."""
    import torch
    from transformers import AutoModelForSequenceClassification

    torch.set_num_threads(1)
    model = AutoModelForSequenceClassification.from_pretrained(path, dtype=torch.bfloat16).eval()

    def run(feeds: Feeds) -> object:
        with torch.inference_mode():
            return model(**{name: torch.from_numpy(feeds[name]) for name in ("input_ids", "attention_mask")})

    return run


def native(path: str) -> Callable[[Feeds], object]:
    """This project's kernels, as the classifier runs them."""
    from pathlib import Path

    from model_code.serving.engines.native import library, weights
    from model_code.serving.engines.native.encoder import NativeEncoder

    encoder_weights, kernels = weights.read(Path(path)), library.fast()
    assert encoder_weights is not None and kernels is not None
    encoder = NativeEncoder(encoder_weights, kernels)
    return lambda feeds: encoder.logits(feeds["input_ids"].tolist())


KINDS: dict[str, Callable[[str], Callable[[Feeds], object]]] = {
    "onnxruntime": onnx_runtime,
    "openvino-bf16": lambda path: openvino(path, "bf16"),
    "openvino-int8": lambda path: openvino(path, "f32"),
    "torch-bf16": torch_bf16,
    "native": native,
}


def main(kind: str, path: str) -> int:
    """Answer lines until standard input ends."""
    run = KINDS[kind](path)
    chance = np.random.default_rng(13)
    print("ready", flush=True)
    for line in sys.stdin:
        texts, pieces = map(int, line.split())
        whole = np.ones((texts, pieces), dtype=np.int64)
        feeds = {
            "input_ids": chance.integers(5, 5000, (texts, pieces)),
            "attention_mask": whole,
            "position_ids": whole.cumsum(axis=1) - 1,
            "segment_ids": whole,
            "first_positions": np.zeros((texts, 1), dtype=np.int64),
        }
        run(feeds)
        runs, began = 0, time.process_time()
        while runs < 2 or time.process_time() - began < ENOUGH_SECONDS:
            run(feeds)
            runs += 1
        print((time.process_time() - began) * 1000 / runs / texts, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
