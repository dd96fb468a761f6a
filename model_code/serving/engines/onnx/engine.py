"""The engine of ONNX Runtime: lays texts out in tensors, runs the graph, and restores their order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import onnxruntime

from model_code.serving.engines.onnx import session as onnx_session
from model_code.serving.engines.onnx import weights as onnx_weights
from model_code.serving.layout import form
from model_code.serving.layout.runs import Text


class OnnxEngine:
    """A session on an artifact's graph. Safe to call from several threads."""

    name: ClassVar = "onnxruntime"
    form: ClassVar = "onnxruntime"

    def __init__(self, path: Path, *, threads: int, pad_id: int) -> None:
        """``threads``: of each run.

        ValueError for a graph whose inputs fit no layout, or whose weights are not finite."""
        onnx_weights.check(path)
        self._path, self._pad_id = path, pad_id
        self._session = _session(path, threads=threads)
        self._form = form.of((each.name for each in self._session.get_inputs()), pad_id=pad_id)

    def with_threads(self, threads: int) -> OnnxEngine:
        """The same model in a session of its own, with each run divided among ``threads``."""
        return OnnxEngine(self._path, threads=threads, pad_id=self._pad_id)

    def logits(self, texts: Sequence[Text]) -> np.ndarray[Any, Any]:
        """Shape (texts, labels), of at least one text."""
        logits: np.ndarray[Any, Any] | None = None
        for positions in self._form.divide([len(text.ids) for text in texts]):
            answer = self._run([texts[position] for position in positions])
            if logits is None:
                logits = np.empty((len(texts), answer.shape[1]))
            logits[positions] = answer
        assert logits is not None
        return logits

    def _run(self, texts: Sequence[Text]) -> np.ndarray[Any, Any]:
        feeds, places = self._form.arrange(texts)
        answer: np.ndarray[Any, Any] = self._session.run(None, feeds)[0][places]
        return answer


def _session(model: Path, *, threads: int) -> onnxruntime.InferenceSession:
    options = onnx_session.options(threads=threads)
    # Threads spin between the operators of a run, without which dividing it gains nothing, and sleep between runs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(
        str(model),
        options,
        providers=["CPUExecutionProvider"],
        # The fused kernel is slower than what it replaces, by 3 to 19 % of an int8 model's time.
        disabled_optimizers=["SkipLayerNormFusion"],
    )
