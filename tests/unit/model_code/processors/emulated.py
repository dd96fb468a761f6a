"""Computes on an emulated processor: `qemu-x86_64 -cpu NAME python emulated.py CPUINFO [FOLDER]` prints JSON.

CPUINFO: a file in place of /proc/cpuinfo, which under emulation is the real machine's. FOLDER: an artifact, whose
reference answers are checked as a server does. Runs under .venv-model's Python, for tests/long/test_processors.py.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[4])

import numpy as np  # noqa: E402 - found by the path set above
import onnxruntime  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from contracts.models import artifact  # noqa: E402
from model_code.serving import reference as stored  # noqa: E402
from model_code.serving.classifier import Classifier  # noqa: E402
from model_code.serving.engines.native import library  # noqa: E402
from model_code.serving.engines.onnx import session as onnx_session  # noqa: E402

SHORTEST = 6  # texts
INNERS, LEFT, RIGHT = 64, 255, 127  # the greatest bytes: two products are beyond 16 bits


def product(options: onnxruntime.SessionOptions) -> int:
    """64 times 255 times 127 by the operator that int8 models consist of: 2072640, unless it clips."""
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["left", "right"], ["product"])],
        "product",
        [helper.make_tensor_value_info("left", TensorProto.UINT8, [1, INNERS])],
        [helper.make_tensor_value_info("product", TensorProto.INT32, [1, 16])],
        [numpy_helper.from_array(np.full((INNERS, 16), RIGHT, np.int8), "right")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    result: Any = session.run(None, {"left": np.full((1, INNERS), LEFT, np.uint8)})[0]
    return int(result[0, 0])


def spread(folder: Path) -> dict[str, Any]:
    """The engine, the largest deviation from the artifact's answers, and the servers' result for it."""
    expected = stored.read(folder)
    assert expected is not None
    is_native = (folder / artifact.ENCODER_FILE).exists()
    if is_native:  # floating point takes long to emulate
        shortest = sorted(expected.answers, key=lambda answer: len(answer.text))[:SHORTEST]
        expected = replace(expected, answers=tuple(shortest))
    classifier = Classifier(folder, threads=1, native=is_native, kernels=library.fast())
    engine, form, refusal = classifier.engine, classifier.form, ""
    off = [np.abs(classifier.predict([each.text])[0] - each.probabilities[form]).max() for each in expected.answers]
    try:
        stored.check(expected, classifier.predict, engine=form, labels=classifier.labels)
    except artifact.ArtifactError as error:
        refusal = str(error)
    return {"engine": engine, "off": float(max(off)), "refused": refusal}


def main(cpuinfo: str, folder: str = "") -> None:
    """Print it."""
    onnx_session.CPUINFO = Path(cpuinfo)
    result: dict[str, Any] = {
        "products": product(onnx_session.options(threads=1)),
        "plain_products": product(onnxruntime.SessionOptions()),
    }
    if folder:
        result |= spread(Path(folder))
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
