"""Texts in, label probabilities out: ``tokenizers`` and ONNX Runtime on a model artifact. No web code, no torch."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from model_code import artifact
from model_code.serving import cores, huge_pages, normalize
from model_code.serving.arranging import form, runs

WARM_UP_TEXTS = ("a", "a somewhat longer text than the one before it")
LONG_TEXT = "long " * 64


class Classifier:
    """The model of one artifact, ready to answer. Safe to call from several threads."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """Load the artifact in ``folder``; ``threads`` 0 means all the cores this process has.

        ArtifactError when the folder is not an artifact or its files don't fit together.
        """
        read = artifact.read(folder)
        self.labels = read.labels
        self.model_version = read.model_version
        try:
            self.tokenizer = Tokenizer.from_file(str(read.tokenizer_path))
            self._session = _session(read.model_path, threads=threads or cores.available())
        except Exception as error:
            raise artifact.ArtifactError(f"the model in {folder} cannot be loaded: {error}") from error
        self._model_path = read.model_path
        inputs = [each.name for each in self._session.get_inputs()]
        try:
            self._form = form.of(inputs, pad_id=int((self.tokenizer.padding or {}).get("pad_id", 0)))
        except ValueError as error:
            raise artifact.ArtifactError(f"{read.model_path} takes {error}") from error
        self.tokenizer.no_padding()

    def shared_out(self, threads: int) -> Classifier:
        """The same model by a session of its own, whose runs are shared out among ``threads``."""
        other = copy.copy(self)
        other._session = _session(self._model_path, threads=threads)
        return other

    def warm_up(self) -> None:
        """Run the graph on small and on full batches, so that no request pays for it and memory has its final size.

        ArtifactError when the graph does not fit the labels.
        """
        width = self.predict(list(WARM_UP_TEXTS)).shape[1]
        if width != len(self.labels):
            raise artifact.ArtifactError(f"the model answers {width} probabilities for {len(self.labels)} labels")
        long = self.encode([LONG_TEXT])
        self.predict_encodings(long * (runs.TOKENS_PER_RUN // len(long[0].ids)))
        huge_pages.use()

    def predict(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Probabilities of shape (len(texts), len(labels)), rows in the order of ``texts``, each summing to 1."""
        return self.predict_encodings(self.encode(texts))

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Each text's word pieces, cut at the model's longest: ``len(encoding.ids)`` is what it costs to predict.

        Texts are normalised as training normalises them: ``&amp;`` is an ampersand to both.
        """
        encodings: list[Encoding] = self.tokenizer.encode_batch_fast([normalize.text(text) for text in texts])
        return encodings

    def predict_encodings(self, encodings: Sequence[Encoding]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """``predict`` for texts that ``encode`` has cut into word pieces already."""
        if not encodings:
            return np.zeros((0, len(self.labels)))
        logits: np.ndarray[Any, np.dtype[np.float64]] | None = None
        for positions in self._form.divide([len(encoding.ids) for encoding in encodings]):
            answer = self._run([encodings[position] for position in positions])
            if logits is None:
                logits = np.empty((len(encodings), answer.shape[1]))
            logits[positions] = answer
        assert logits is not None
        shares: np.ndarray[Any, np.dtype[np.float64]] = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return shares

    def _run(self, encodings: list[Encoding]) -> np.ndarray[Any, np.dtype[np.float32]]:
        feeds, places = self._form.arrange(encodings)
        logits: np.ndarray[Any, np.dtype[np.float32]] = self._session.run(None, feeds)[0][places]
        return logits


def _session(model: Path, *, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads spin between a run's operators, which is what makes sharing it out worth it, and rest between runs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(
        str(model),
        options,
        providers=["CPUExecutionProvider"],
        # Its fused kernel is slower than what it replaces: 3 to 19 % of an int8 model's time.
        disabled_optimizers=["SkipLayerNormFusion"],
    )
