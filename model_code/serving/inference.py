"""Adapter for AWS's Hugging Face inference container, which loads this file as ``code/inference.py``.

The toolkit calls ``model_fn`` once in each worker, ``transform_fn`` for each request, and answers any exception with a
400 of its own. So a refusal is an answer instead of an exception, with its status set through the toolkit's context
and the lean container's body, ``{"error": {"code", "message"}}``. If the toolkit's context cannot set a status, that
body becomes the text of an exception, and only its code (``internal_error`` for our own failures) tells the cause.
"""

# ruff: noqa: E402, PTH100, PTH112, PTH118, PTH120 - what is loaded when is the point
import os
import sys

# In an artifact, its code is checked before any of it is loaded, except these lines and the checker. Until then Python
# must not look for modules there, not even those of the standard library (`from __future__` imports one, too).
CODE = os.path.dirname(os.path.abspath(__file__))
IN_ARTIFACT = os.path.isdir(os.path.join(CODE, "model_code"))
if IN_ARTIFACT:
    _inside = os.path.join(os.path.realpath(CODE), "")
    sys.path[:] = [each for each in sys.path if not os.path.join(os.path.realpath(each), "").startswith(_inside)]
    sys.pycache_prefix = os.devnull  # compiled code there has no digest, so it must not be read

import hashlib
import json
import logging
import signal
from functools import cache
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

# The modules that check an artifact, in the order of their imports.
CHECKER = {
    "contracts": "contracts/__init__.py",
    "contracts.deployment": "contracts/deployment/__init__.py",
    "contracts.deployment.buckets": "contracts/deployment/buckets.py",
    "contracts.models": "contracts/models/__init__.py",
    "contracts.models.artifact": "contracts/models/artifact.py",
    "model_code": "model_code/__init__.py",
    "model_code.serving": "model_code/serving/__init__.py",
    "model_code.serving.manifest": "model_code/serving/manifest.py",
}
TOOLKIT_TYPES = "sagemaker_huggingface_inference_toolkit.content_types"


def _end(error: Exception) -> None:
    """End the container: the toolkit's server answers /ping with 200 even while none of its workers has a model."""
    if TOOLKIT_TYPES in sys.modules:
        print(f"the model cannot be served: {error}", flush=True)
        if server := _server(os.getppid()):
            os.kill(server, signal.SIGKILL)  # SIGTERM would let it answer for a while
        os._exit(1)


def _server(process: int) -> int | None:
    """The Java server among ``process`` and its ancestors: it may start workers through another process."""
    while process > 1:
        about = Path(f"/proc/{process}")
        if b"com.amazonaws.ml.mms" in (about / "cmdline").read_bytes():
            return process
        process = int((about / "stat").read_text().rpartition(")")[2].split()[1])
    return None


class ChangedError(Exception):
    """The code that checks the artifact is not what training wrote; the message names the file."""


def _check_code(model: Path) -> None:
    """ChangedError or ArtifactError unless code/ is what training wrote, according to metadata.json.

    Every artifact with this file has digests, so it is refused without them.
    """
    try:
        listed = dict(json.loads((model / "metadata.json").read_bytes())["files"])
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise ChangedError(f"{model / 'metadata.json'} does not list the artifact's files") from error
    for name, file in CHECKER.items():
        path = Path(CODE, file)
        source = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(source).hexdigest() != listed.get(f"code/{file}"):
            raise ChangedError(f"{model}: code/{file} has changed since training wrote it: its SHA-256 differs")
        sys.modules[name] = module = ModuleType(name)
        exec(compile(source, path, "exec"), vars(module))
    check, read = sys.modules["model_code.serving.manifest"].check, sys.modules["contracts.models.artifact"].read
    try:
        check(read(model), under="code")
    finally:
        for name in CHECKER:  # later imports load them anew, with the rest of their packages
            del sys.modules[name]


if IN_ARTIFACT:
    try:
        _check_code(Path(CODE).parent)
    except Exception as unfit:
        _end(unfit)
        raise
    sys.path[:0] = [CODE, os.path.join(CODE, "vendor")]  # the artifact's packages take precedence over the image's

from contracts.models.artifact import ArtifactError
from model_code.serving import cpu_limit, protocol
from model_code.serving.classifier import Classifier
from model_code.serving.settings import Settings

log = logging.getLogger("rubric.serving")


class AnsweredError(Exception):
    """An exception whose text is the error body for the caller."""


class _NoMetrics(list[Any]):
    """Discards the toolkit's metrics of a request: each would be printed, parsed by Java and billed as a log line."""

    def append(self, _: Any) -> None:
        """Discard it: SageMaker's ModelLatency has the same figure."""


def model_fn(model_dir: str, context: Any = None) -> Classifier:
    """Load the artifact in ``model_dir`` and answer one inference."""
    _keep_bytes()
    os.environ.setdefault(
        "TOKENIZERS_PARALLELISM", "false"
    )  # handing a headline to its thread pool takes longer than tokenizing it
    try:
        classifier = Classifier(Path(model_dir), threads=_threads(), native=_settings().native)
        classifier.warm_up()
    except ArtifactError as error:
        _end(error)
        raise
    classifier.log_ready(log)
    return classifier


def transform_fn(
    model: Classifier, data: bytes | str | None, content_type: str | None, accept: str, context: Any = None
) -> str:
    """The answer's body only: the toolkit would send a tuple as a JSON list."""
    if hasattr(context, "metrics"):
        context.metrics.store = _NoMetrics()  # each request has its own
    try:
        limit = _settings().max_body_bytes
        if data and len(data) > limit:
            raise protocol.too_large(limit)
        request = protocol.parse(data or b"", content_type or "")
        encodings = model.encode(request.texts)
        probabilities, measures = model.predict_encodings(encodings), model.measure(encodings)
        return protocol.format_answer(
            request, probabilities, measures, labels=model.labels, model_version=model.model_version
        )
    except protocol.RequestError as error:
        return _refused(context, status=error.status, body=error.body())
    except Exception:  # the caller only learns that it is our fault; the log has the details
        log.exception("inference failed")
        body = protocol.error_body("internal_error", "the model server failed; see its log")
        return _refused(context, status=500, body=body)


def _refused(context: Any, *, status: int, body: dict[str, Any]) -> str:
    text = json.dumps(body)
    if not hasattr(context, "set_response_status"):
        raise AnsweredError(text)
    context.set_response_status(status, HTTPStatus(status).phrase)
    return text


@cache
def _settings() -> Settings:
    return Settings.from_environment()


def _threads() -> int:
    """RUBRIC_THREADS, or this worker's share of the cores: the toolkit starts a worker for each core."""
    if threads := _settings().threads:
        return threads
    available = cpu_limit.available()
    workers = int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or available)
    return max(1, available // max(1, workers))


def _keep_bytes() -> None:
    # The toolkit would decode these types itself and answer a body that is not UTF-8 with an error without a code.
    if types := sys.modules.get(TOOLKIT_TYPES):
        types.UTF8_TYPES = []  # type: ignore[attr-defined]
