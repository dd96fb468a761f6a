"""Adapter for AWS's Hugging Face inference container, which loads this file as ``code/inference.py``.

The toolkit calls ``model_fn`` once in each worker, ``transform_fn`` for each request, and answers any exception with a
400 of its own. So a refusal is no exception but an answer, with its status set through the toolkit's context and the
lean container's body, ``{"error": {"code", "message"}}``. Under a toolkit without such a context that body is the text
of the exception, and the code (``internal_error`` for a failure of ours) says what the status cannot.
"""

# ruff: noqa: E402, PTH100, PTH112, PTH118, PTH120 - what is loaded when is the point
import os
import sys

# In an artifact: its code is checked before any of it but these lines and the checker is loaded. So until then nothing
# is looked for there, not even in the place of a module of the standard library (`from __future__` imports one, too).
CODE = os.path.dirname(os.path.abspath(__file__))
IN_ARTIFACT = os.path.isdir(os.path.join(CODE, "model_code"))
if IN_ARTIFACT:
    _inside = os.path.join(os.path.realpath(CODE), "")
    sys.path[:] = [each for each in sys.path if not os.path.join(os.path.realpath(each), "").startswith(_inside)]
    sys.pycache_prefix = os.devnull  # compiled code that may lie beside it has no digest and is not read

import hashlib
import json
import logging
import signal
from functools import cache
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

# The modules that check an artifact, each after those that it imports.
CHECKER = {
    "contracts": "contracts/__init__.py",
    "contracts.buckets": "contracts/buckets.py",
    "contracts.artifact": "contracts/artifact.py",
    "model_code": "model_code/__init__.py",
    "model_code.serving": "model_code/serving/__init__.py",
    "model_code.serving.manifest": "model_code/serving/manifest.py",
}
TOOLKIT_TYPES = "sagemaker_huggingface_inference_toolkit.content_types"


def _end(error: Exception) -> None:
    """End the container: the toolkit's server answers /ping with 200 also while none of its workers has a model."""
    if TOOLKIT_TYPES in sys.modules:
        print(f"the model cannot be served: {error}", flush=True)
        if server := _server(os.getppid()):
            os.kill(server, signal.SIGKILL)  # it would take its time, and answer meanwhile
        os._exit(1)


def _server(process: int) -> int | None:
    """The Java server among ``process`` and those that it comes of, which may start workers through another one."""
    while process > 1:
        about = Path(f"/proc/{process}")
        if b"com.amazonaws.ml.mms" in (about / "cmdline").read_bytes():
            return process
        process = int((about / "stat").read_text().rpartition(")")[2].split()[1])
    return None


class ChangedError(Exception):
    """The code that is to check the artifact is not what training wrote; the message says which file."""


def _check_code(model: Path) -> None:
    """Raises ChangedError or ArtifactError unless code/ is what training wrote, by metadata.json beside it.

    An artifact that has this file has digests: it is refused without them.
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
    check, read = sys.modules["model_code.serving.manifest"].check, sys.modules["contracts.artifact"].read
    try:
        check(read(model), under="code")
    finally:
        for name in CHECKER:  # whoever imports them from now on finds the rest of their packages as well
            del sys.modules[name]


if IN_ARTIFACT:
    try:
        _check_code(Path(CODE).parent)
    except Exception as unfit:
        _end(unfit)
        raise
    sys.path[:0] = [CODE, os.path.join(CODE, "vendor")]  # what came with the model goes before the image's own

from contracts.artifact import ArtifactError
from model_code.serving import cpu_limit, protocol
from model_code.serving.classifier import Classifier
from model_code.serving.settings import Settings

log = logging.getLogger("rubric.serving")


class AnsweredError(Exception):
    """Its text is the error body that the caller gets."""


class _Dropped(list[Any]):
    """For what the toolkit notes of a request: each is printed, parsed by Java, and charged by the log service."""

    def append(self, _: Any) -> None:
        """Forget it: SageMaker's ModelLatency says the same."""


def model_fn(model_dir: str, context: Any = None) -> Classifier:
    """Load the artifact in ``model_dir`` and answer one inference."""
    _take_bytes()
    os.environ.setdefault(
        "TOKENIZERS_PARALLELISM", "false"
    )  # to hand a headline to its pool takes longer than to cut it
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
    """The body alone: the toolkit would answer a tuple as a JSON list of its two members."""
    if hasattr(context, "metrics"):
        context.metrics.store = _Dropped()  # of this request: the toolkit has another for each
    try:
        limit = _settings().max_body_bytes
        if data and len(data) > limit:
            raise protocol.too_large(limit)
        request = protocol.parse(data or b"", content_type or "")
        probabilities = model.predict(request.texts)
        return protocol.format_answer(request, probabilities, labels=model.labels, model_version=model.model_version)
    except protocol.RequestError as error:
        return _refused(context, status=error.status, body=error.body())
    except Exception:  # the caller learns that it was not its fault, our log learns the rest
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
    if asked := _settings().threads:
        return asked
    available = cpu_limit.available()
    workers = int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or available)
    return max(1, available // max(1, workers))


def _take_bytes() -> None:
    # The toolkit decodes these types itself, where a body that is not UTF-8 becomes an error without a code.
    if types := sys.modules.get(TOOLKIT_TYPES):
        types.UTF8_TYPES = []  # type: ignore[attr-defined]
