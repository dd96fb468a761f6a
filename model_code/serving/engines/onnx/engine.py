"""The model on ONNX Runtime: texts laid out in tensors, run, and their answers put back in order."""

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

    def __init__(self, path: Path, *, threads: int, pad_id: int) -> None:
        """``threads``: what a run is divided among.

        ValueError for a graph with inputs that no layout fills, or with weights that are not finite.
        """
        onnx_weights.check(path)
        self._path, self._pad_id = path, pad_id
        self._session = _session(path, threads=threads)
        self._form = form.of((each.name for each in self._session.get_inputs()), pad_id=pad_id)

    def with_threads(self, threads: int) -> OnnxEngine:
        """The same model in a session of its own, with each run divided among ``threads``."""
        return OnnxEngine(self._path, threads=threads, pad_id=self._pad_id)

    def logits(self, texts: Sequence[Text]) -> np.ndarray[Any, Any]:
        """Shape (texts, labels), of at least one text."""
        found: np.ndarray[Any, Any] | None = None
        for positions in self._form.divide([len(text.ids) for text in texts]):
            answer = self._run([texts[position] for position in positions])
            if found is None:
                found = np.empty((len(texts), answer.shape[1]))
            found[positions] = answer
        assert found is not None
        return found

    def _run(self, texts: Sequence[Text]) -> np.ndarray[Any, Any]:
        feeds, places = self._form.arrange(texts)
        answer: np.ndarray[Any, Any] = self._session.run(None, feeds)[0][places]
        return answer


def _session(model: Path, *, threads: int) -> onnxruntime.InferenceSession:
    options = onnx_session.options(threads=threads)
    # Threads spin between a run's operators, which is what makes dividing it worthwhile, and rest between runs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(
        str(model),
        options,
        providers=["CPUExecutionProvider"],
        # Its fused kernel is slower than what it replaces: 3 to 19 % of an int8 model's time.
        disabled_optimizers=["SkipLayerNormFusion"],
    )
