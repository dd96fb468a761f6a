"""Tests inference.py without its container; tests/long/conformance/ runs it in the real one."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import subprocess
import sys
import types
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import numpy as np
import pytest

from contracts.models.measures import Measures
from model_code.serving import inference, protocol
from model_code.serving.classifier import Classifier
from tests.unit.model_code.conftest import Job

MEASURES: Measures = {"length": 1, "unknown_pieces": None, "unseen_words": None}


class Model:
    """Two labels, and one text that breaks it."""

    labels, model_version = ("X", "Y"), "v1"

    def encode(self, texts: list[str]) -> list[str]:
        return texts

    def measure(self, texts: list[str]) -> list[Measures]:
        return [MEASURES] * len(texts)

    def predict_encodings(self, texts: list[str]) -> np.ndarray:
        if "break" in texts:
            raise RuntimeError("secret detail")
        if "bad" in texts:
            return np.array([[np.nan, np.nan]] * len(texts))
        return np.array([[0.25, 0.75]] * len(texts))


class Context:
    """The toolkit's, as far as it is used."""

    status: tuple[int, str] | None = None

    def set_response_status(self, code: int, phrase: str) -> None:
        self.status = (code, phrase)


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    inference._settings.cache_clear()
    yield
    inference._settings.cache_clear()


def ask(data: bytes | None, content_type: str | None = "application/json") -> tuple[object, tuple[int, str] | None]:
    context = Context()
    answer = inference.transform_fn(Model(), data, content_type, "application/json", context)  # type: ignore[arg-type]
    return json.loads(answer), context.status


def test_an_answer_is_the_body_alone() -> None:
    answer = {"predicted_label": "Y", "probabilities": [[0.25, 0.75]], "labels": ["X", "Y"], "model_version": "v1"}
    prediction = {**answer, "measures": MEASURES}
    assert ask(b'{"inputs": "a"}', None) == (prediction, None)


def test_a_byte_order_mark_is_not_part_of_the_text() -> None:
    assert ask(b'\xef\xbb\xbf{"inputs": "a"}')[1] is None
    assert protocol.parse("\ufeffa", "text/csv").texts == ["a"]


@pytest.mark.parametrize(
    ("data", "content_type", "code", "status"),
    [
        (b'{"inputs": 3}', "application/json", "invalid_inputs", (400, "Bad Request")),
        (None, None, "invalid_json", (400, "Bad Request")),
        (b"x", "text/plain", "unsupported_media_type", (415, "Unsupported Media Type")),
        (b'{"inputs": "break"}', "application/json", "internal_error", (500, "Internal Server Error")),
        (b'{"inputs": "bad"}', "application/json", "internal_error", (500, "Internal Server Error")),
        (b"good\nbad\n", "text/csv", "internal_error", (500, "Internal Server Error")),
    ],
)
def test_a_refusal_is_an_answer_with_a_status(
    data: bytes | None, content_type: str | None, code: str, status: tuple[int, str]
) -> None:
    body, answered = ask(data, content_type)
    assert body["error"]["code"] == code  # type: ignore[index]
    assert answered == status
    assert "secret" not in str(body)


def test_a_body_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUBRIC_MAX_BODY_BYTES", "20")
    assert ask(b'{"inputs": "a"}')[1] is None
    assert ask(b'{"inputs": "aaaaaaaaaaaaaaaaaaaaa"}') == (
        protocol.too_large(20).body(),
        (413, HTTPStatus(413).phrase),
    )


def test_what_the_toolkit_would_print_of_each_request_is_dropped() -> None:
    context = Context()
    context.metrics = types.SimpleNamespace(store=["before"])  # type: ignore[attr-defined]
    inference.transform_fn(Model(), b'{"inputs": "a"}', None, "application/json", context)  # type: ignore[arg-type]
    store = context.metrics.store  # type: ignore[attr-defined]
    store.append("Transform Fn")
    assert not store


@pytest.mark.parametrize(("data", "code"), [(b"{}", "missing_inputs"), (b'{"inputs": "break"}', "internal_error")])
def test_without_a_context_the_exceptions_text_tells(data: bytes, code: str) -> None:
    with pytest.raises(inference.AnsweredError) as caught:
        inference.transform_fn(Model(), data, "application/json", "application/json")  # type: ignore[arg-type]
    assert json.loads(str(caught.value))["error"]["code"] == code


@pytest.mark.parametrize(
    ("environ", "threads"),
    [
        ({}, 1),
        ({"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}, 4),
        ({"SAGEMAKER_MODEL_SERVER_WORKERS": "16"}, 1),
        ({"SAGEMAKER_MODEL_SERVER_WORKERS": "2", "RUBRIC_THREADS": "3"}, 3),
    ],
)
def test_workers_share_the_cores(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], threads: int) -> None:
    monkeypatch.setattr(inference.cpu_limit, "available", lambda: 8)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert inference._threads() == threads


def test_the_toolkit_leaves_decoding_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    content_types = types.SimpleNamespace(UTF8_TYPES=["application/json", "text/csv"])
    monkeypatch.setitem(sys.modules, inference.TOOLKIT_TYPES, content_types)
    inference._keep_bytes()
    assert content_types.UTF8_TYPES == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('a\n"b\nc\n', ["a", "invalid_csv", "c"]),
        ('a,"b', ["invalid_csv"]),
        ('"a""\nb\nc, d', ["invalid_csv", "b", "c, d"]),
        ('"two\nlines"\r\n"Tom" & co\r\n', ["two\nlines", "Tom & co"]),
        ('5" screen\n""\n', ['5" screen', "invalid_inputs"]),
        ("x" * 200_000, ["x" * 200_000]),
    ],
)
def test_a_missing_quote_affects_only_its_own_line_of_csv(body: str, expected: list[str]) -> None:
    csv.field_size_limit(131_072)  # Python's default, which any other reader of the process may have put back
    items = protocol.parse(body, "text/csv").items
    assert [item.error.code if item.error else item.texts[0] for item in items] == expected


@pytest.mark.parametrize("row", [[float("nan"), 0.5], [float("inf"), 0.0], [-0.5, 1.5], [0.25, 0.25], [1.0]], ids=str)
def test_an_answer_that_is_not_a_distribution_is_never_sent(row: list[float]) -> None:
    request = protocol.parse(b'{"inputs": "a"}', "application/json")
    with pytest.raises(protocol.BadAnswerError):
        protocol.format_answer(request, np.array([row]), [MEASURES], labels=("X", "Y"), model_version="v1")


def test_hugging_face_adapter_answers_the_body_alone(trained: Job, classifier: Classifier) -> None:
    model = inference.model_fn(str(trained.model))
    answer = inference.transform_fn(model, b'{"inputs": "Fed keeps rates"}', "application/json", "application/json")
    assert isinstance(answer, str)
    assert json.loads(answer)["probabilities"][0] == pytest.approx(classifier.predict(["Fed keeps rates"])[0].tolist())
    assert json.loads(answer)["measures"] == classifier.measure(classifier.encode(["Fed keeps rates"]))[0]


def test_hugging_face_adapter_tells_bad_input_from_its_own_failure(
    monkeypatch: pytest.MonkeyPatch, classifier: Classifier
) -> None:
    with pytest.raises(inference.AnsweredError) as bad:
        inference.transform_fn(classifier, "{}", "application/json", "application/json")
    assert json.loads(str(bad.value))["error"]["code"] == "missing_inputs"
    monkeypatch.setattr(Classifier, "predict_encodings", lambda *_: 1 / 0)
    with pytest.raises(inference.AnsweredError) as failed:
        inference.transform_fn(classifier, '{"inputs": "a"}', "application/json", "application/json")
    assert json.loads(str(failed.value))["error"]["code"] == "internal_error"


def test_packed_code_serves_alone_with_its_vendored_packages(trained: Job) -> None:
    """As in the container: only code/ is on the path, not this repository."""
    script = (
        "import inference, vendored_example, model_code; m = inference.model_fn('..');"
        "print(model_code.__file__, inference.transform_fn(m, b'a text', 'text/csv', 'application/json'), sep='\\n')"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # other tests check the folder's content
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=trained.model / "code",
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    path, answer, *_ = done.stdout.splitlines()
    assert Path(path).is_relative_to(trained.model / "code")
    assert json.loads(answer)["model_version"] == "rubric-test-1"


def test_inference_module_needs_no_training_library() -> None:
    """Serving must not pull in torch or transformers, which would cost seconds and hundreds of megabytes."""
    assert importlib.util.find_spec("torch")
    script = (
        "import sys, model_code.serving.server, model_code.serving.inference; print('torch' in sys.modules, "
        "'transformers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(inference.__file__).parents[2],
    )
    assert done.stdout.split() == ["False", "False"]
