"""The model by ONNX Runtime, on any processor."""

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


class OnnxModel:
    """A session on an artifact's graph. Safe to call from several threads."""

    engine: ClassVar = "onnxruntime"

    def __init__(self, path: Path, *, threads: int, pad_id: int) -> None:
        """``threads``: that a run is shared out among.

        ValueError for a graph that no text can be laid out for, or with weights that are not finite.
        """
        onnx_weights.check(path)
        self._path, self._pad_id = path, pad_id
        self._session = _session(path, threads=threads)
        self._form = form.of((each.name for each in self._session.get_inputs()), pad_id=pad_id)

    def shared_out(self, threads: int) -> OnnxModel:
        """The same model by a session of its own, whose runs are shared out among ``threads``."""
        return OnnxModel(self._path, threads=threads, pad_id=self._pad_id)

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
    # Threads spin between a run's operators, which is what makes sharing it out worth it, and rest between runs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(
        str(model),
        options,
        providers=["CPUExecutionProvider"],
        # Its fused kernel is slower than what it replaces: 3 to 19 % of an int8 model's time.
        disabled_optimizers=["SkipLayerNormFusion"],
    )
