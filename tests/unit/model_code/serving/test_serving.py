"""Parsing, classifying, and the Hugging Face adapter."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from contracts import artifact
from model_code.serving import cpu_limit, inference, manifest, protocol
from model_code.serving.classifier import Classifier
from model_code.serving.engines.onnx.engine import OnnxEngine
from model_code.serving.layout import runs
from tests.unit.model_code.conftest import Job

TEXTS = [
    "Fed keeps interest rates unchanged",
    "Actress stuns at Oscars",
    "x",
    "Flu vaccine trial begins " * 20,
    "NASA finds water on Mars",
    "Füm 東京 🎬 – «ünïcode»",
]


@pytest.fixture(scope="module")
def classifier(trained: Job) -> Classifier:
    return Classifier(trained.model)


@pytest.mark.parametrize("native", [True, False])
def test_probabilities_sum_to_one_and_keep_the_order(trained: Job, native: bool) -> None:
    classifier = Classifier(trained.model, native=native)
    together = classifier.predict(TEXTS)
    assert together.shape == (len(TEXTS), 4)
    assert together.sum(axis=1) == pytest.approx(1, abs=1e-9)
    for text, row in zip(TEXTS, together, strict=True):
        assert classifier.predict([text])[0] == pytest.approx(
            row, abs=0.06
        )  # int8 scales are chosen over the whole batch
    assert classifier.predict([]).shape == (0, 4)


def test_runs_keep_the_token_budget_and_every_text(trained: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    run = OnnxEngine._run

    def spy(self: OnnxEngine, encodings: list) -> np.ndarray:
        sizes.append(sum(len(each.ids) for each in encodings))
        return run(self, encodings)

    monkeypatch.setattr(OnnxEngine, "_run", spy)
    assert Classifier(trained.model, native=False).predict(TEXTS * 60).shape == (360, 4)
    assert len(sizes) > 1
    assert max(sizes) <= runs.TOKENS_PER_RUN


def test_loading_refuses_what_is_no_artifact(trained: Job, tmp_path: Path) -> None:
    with pytest.raises(artifact.ArtifactError, match=r"model\.onnx, .* missing"):
        Classifier(tmp_path)
    broken = tmp_path / "broken"
    shutil.copytree(trained.model, broken)
    (broken / "model.onnx").write_bytes(b"not a graph")
    manifest.seal(broken)
    with pytest.raises(artifact.ArtifactError, match="cannot be loaded"):
        Classifier(broken, native=False)
    shutil.copyfile(trained.model / "model.onnx", broken / "model.onnx")
    artifact.write_json(broken / "labels.json", ["A", "B"])
    manifest.seal(broken)
    for native in (False, True):
        with pytest.raises(artifact.ArtifactError, match="4 probabilities for 2 labels"):
            Classifier(broken, native=native).warm_up()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_cores_follow_the_cgroup_limit(tmp_path: Path, files: dict[str, str], expected: int | None) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert cpu_limit.available(tmp_path) == (expected or len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{broken", "application/json", "invalid_json"),
        (b"[" * 100_000, "application/json", "invalid_json"),
        (b"[1]", "application/json", "missing_inputs"),
        (b'{"inputs": 3}', "application/json", "invalid_inputs"),
        (b'{"inputs": ["ok", null]}', "application/json", "invalid_inputs"),
        (b'{"inputs": "  "}', "application/json", "invalid_inputs"),
        (b'{"inputs": "\\ud800"}', "application/json", "invalid_inputs"),
        (b'{"inputs": []}', "application/json", "empty_inputs"),
        (b"\xff\xfe", "application/json", "invalid_encoding"),
        (b"", "text/csv", "empty_request"),
        (b"x", "image/png", "unsupported_media_type"),
    ],
)
def test_bad_requests_have_a_code(body: bytes, content_type: str, code: str) -> None:
    with pytest.raises(protocol.RequestError) as caught:
        protocol.parse(body, content_type)
    assert caught.value.code == code


def test_csv_is_one_text_a_record() -> None:
    request = protocol.parse('plain, with comma\n"quoted ""x"",\nsecond line"\n\nlast', "text/csv; charset=utf-8")
    assert request.texts == ["plain, with comma", 'quoted "x",\nsecond line', "last"]
    assert [bool(item.error) for item in request.items] == [False, False, True, False]


def test_json_lines_answer_line_for_line_around_a_bad_one() -> None:
    request = protocol.parse('{"inputs": "a"}\n{bad\n{"inputs": ["b", "c"]}\n', "application/jsonlines")
    answer = protocol.format_answer(
        request, np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), labels=["X", "Y"], model_version="v"
    )
    first, second, third = map(json.loads, answer.splitlines())
    assert first == {"predicted_label": "X", "probabilities": [[0.9, 0.1]], "labels": ["X", "Y"], "model_version": "v"}
    assert second["error"]["code"] == "invalid_json"
    assert [each["predicted_label"] for each in third["predictions"]] == ["Y", "X"]


def test_hugging_face_adapter_answers_the_body_alone(trained: Job, classifier: Classifier) -> None:
    model = inference.model_fn(str(trained.model))
    answer = inference.transform_fn(model, b'{"inputs": "Fed keeps rates"}', "application/json", "application/json")
    assert isinstance(answer, str)
    assert json.loads(answer)["probabilities"][0] == pytest.approx(classifier.predict(["Fed keeps rates"])[0].tolist())


def test_hugging_face_adapter_tells_bad_input_from_its_own_failure(
    monkeypatch: pytest.MonkeyPatch, classifier: Classifier
) -> None:
    with pytest.raises(inference.AnsweredError) as bad:
        inference.transform_fn(classifier, "{}", "application/json", "application/json")
    assert json.loads(str(bad.value))["error"]["code"] == "missing_inputs"
    monkeypatch.setattr(Classifier, "predict", lambda *_: 1 / 0)
    with pytest.raises(inference.AnsweredError) as failed:
        inference.transform_fn(classifier, '{"inputs": "a"}', "application/json", "application/json")
    assert json.loads(str(failed.value))["error"]["code"] == "internal_error"


def test_packed_code_serves_by_itself_with_its_vendored_packages(trained: Job) -> None:
    """As the container does it: only code/ is on the path, not this repository."""
    script = (
        "import inference, vendored_example, model_code; m = inference.model_fn('..');"
        "print(model_code.__file__, inference.transform_fn(m, b'a text', 'text/csv', 'application/json'), sep='\\n')"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # other tests look at what the folder holds
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
