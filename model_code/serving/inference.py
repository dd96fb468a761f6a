"""Adapter for AWS's Hugging Face inference container, which loads this file as ``code/inference.py``.

The toolkit calls ``model_fn`` once in each worker and ``transform_fn`` for each request, and turns every exception into
HTTP 400 with the exception's text as the message. So that a caller can still tell its own mistake from a failure of the
model, that text is always ``{"error": {"code", "message"}}``, with code ``internal_error`` for the latter.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

CODE = next(folder for folder in Path(__file__).resolve().parents if (folder / "model_code").is_dir())
for _folder in (CODE, CODE / "vendor"):  # the dependencies that came with the model go before the image's own
    if _folder.is_dir() and str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from model_code.serving import protocol  # noqa: E402 - found by the path set above
from model_code.serving.classifier import Classifier  # noqa: E402

log = logging.getLogger("rubric.serving")


class AnsweredError(Exception):
    """Its text is the error body that the caller gets."""


def model_fn(model_dir: str, context: Any = None) -> Classifier:
    """Load the artifact in ``model_dir`` and answer one inference."""
    classifier = Classifier(Path(model_dir))
    classifier.warm_up()
    return classifier


def transform_fn(model: Classifier, data: bytes | str, content_type: str, accept: str, context: Any = None) -> str:
    """The body alone: the toolkit would answer a tuple as a JSON list of its two members."""
    try:
        request = protocol.parse(data, content_type)
        probabilities = model.predict(request.texts)
    except protocol.RequestError as error:
        raise AnsweredError(json.dumps(error.body())) from error
    except Exception as error:
        log.exception("inference failed")
        raise AnsweredError(json.dumps(protocol.error_body("internal_error", "the model failed"))) from error
    return protocol.format_answer(request, probabilities, labels=model.labels, model_version=model.model_version)
