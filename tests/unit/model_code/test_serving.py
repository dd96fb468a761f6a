"""Parsing, classifying, batching, the lean server over real HTTP, and the Hugging Face adapter."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

from model_code import artifact
from model_code.serving import cores, inference, protocol
from model_code.serving.batching import Batcher, QueueFullError
from model_code.serving.classifier import Classifier
from tests.unit.model_code.conftest import Job, Server

JSON = {"content-type": "application/json"}
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


def post(server: Server, body: object, content_type: str = "application/json") -> httpx.Response:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return httpx.post(f"{server.url}/invocations", content=data, headers={"content-type": content_type}, timeout=30)


def test_probabilities_sum_to_one_and_keep_the_order(classifier: Classifier) -> None:
    together = classifier.predict(TEXTS)
    assert together.shape == (len(TEXTS), 4)
    assert together.sum(axis=1) == pytest.approx(1, abs=1e-9)
    for text, row in zip(TEXTS, together, strict=True):
        assert classifier.predict([text])[0] == pytest.approx(
            row, abs=0.06
        )  # int8 scales are chosen over the whole batch
    assert classifier.predict([]).shape == (0, 4)


def test_batches_keep_the_token_budget_and_every_text(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    run = Classifier._run

    def spy(self: Classifier, encodings: list) -> np.ndarray:
        sizes.append(len(encodings) * max(len(each.ids) for each in encodings))
        return run(self, encodings)

    monkeypatch.setattr(Classifier, "_run", spy)
    assert classifier.predict(TEXTS * 60).shape == (360, 4)
    assert len(sizes) > 1
    assert max(sizes) <= 2048


def test_loading_refuses_what_is_no_artifact(trained: Job, tmp_path: Path) -> None:
    with pytest.raises(artifact.ArtifactError, match=r"model\.onnx, .* missing"):
        Classifier(tmp_path)
    broken = tmp_path / "broken"
    shutil.copytree(trained.model, broken)
    (broken / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(artifact.ArtifactError, match="cannot be loaded"):
        Classifier(broken)
    shutil.copyfile(trained.model / "model.onnx", broken / "model.onnx")
    artifact.write_json(broken / "labels.json", ["A", "B"])
    with pytest.raises(artifact.ArtifactError, match="4 probabilities for 2 labels"):
        Classifier(broken).warm_up()


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
    assert cores.available(tmp_path) == (expected or len(os.sched_getaffinity(0)))


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


def test_batcher_gathers_what_arrives_during_a_run_and_gives_each_its_own() -> None:
    runs: list[int] = []
    release = threading.Event()

    def predict(texts: Sequence[str]) -> np.ndarray:
        runs.append(len(texts))
        release.wait(10)
        return np.array([[float(text)] for text in texts])

    async def scenario() -> list[np.ndarray]:
        batcher = Batcher(predict, max_batch=50, max_waiting=1000)
        tasks = [asyncio.create_task(batcher.predict([str(i)])) for i in range(40)]
        tasks.insert(0, asyncio.create_task(batcher.predict([str(i) for i in range(150)])))
        while not runs:
            await asyncio.sleep(0.01)
        release.set()
        answers = await asyncio.gather(*tasks)
        batcher.close()
        return answers

    long, *short = asyncio.run(scenario())
    assert long[:, 0].tolist() == [float(i) for i in range(150)]
    assert [each[0, 0] for each in short] == [float(i) for i in range(40)]
    assert len(runs) < 10


def test_batcher_bounds_the_queue_and_survives_failures_and_cancellations() -> None:
    started, release = threading.Event(), threading.Event()

    def predict(texts: Sequence[str]) -> np.ndarray:
        started.set()
        release.wait(10)
        if "bad" in texts:
            raise RuntimeError("model failed")
        return np.zeros((len(texts), 2))

    async def scenario() -> None:
        batcher = Batcher(predict, max_batch=4, max_waiting=4)
        running = asyncio.create_task(batcher.predict(["a"]))
        while not started.is_set():
            await asyncio.sleep(0.01)
        gone = asyncio.create_task(batcher.predict(["b"]))
        failing = asyncio.create_task(batcher.predict(["bad", "c", "d"]))
        await asyncio.sleep(0.01)
        with pytest.raises(QueueFullError):
            await batcher.predict(["one too many"])
        gone.cancel()
        release.set()
        assert (await running).shape == (1, 2)
        with pytest.raises(RuntimeError, match="model failed"):
            await failing
        assert (await batcher.predict(["after"] * 9)).shape == (9, 2)
        batcher.close()

    asyncio.run(scenario())


def test_server_answers_every_form(trained: Job, classifier: Classifier, start_server: Callable[..., Server]) -> None:
    server = start_server(trained.model)
    server.wait_ready()
    one = post(server, {"inputs": TEXTS[0]}).json()
    assert one["labels"] == list(classifier.labels)
    assert one["probabilities"][0] == pytest.approx(classifier.predict(TEXTS[:1])[0].tolist(), abs=1e-6)
    assert one["predicted_label"] == one["labels"][int(np.argmax(one["probabilities"][0]))]
    assert one["model_version"] == "rubric-test-1"
    many = post(server, {"inputs": TEXTS * 20}).json()["predictions"]
    assert len(many) == 120
    lines = post(server, '{"inputs": "a"}\n{"inputs": 1}\n', "application/jsonlines")
    assert lines.headers["content-type"] == "application/jsonlines"
    assert ["error" in json.loads(line) for line in lines.text.splitlines()] == [False, True]
    assert len(post(server, "one text\nanother, with comma\n", "text/csv").text.splitlines()) == 2
    broken = post(server, "{broken")
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "invalid_json")
    assert post(server, "x", "image/png").status_code == 415
    assert httpx.get(f"{server.url}/invocations").status_code == 405
    assert httpx.get(f"{server.url}/elsewhere").status_code == 404


def test_server_answers_concurrent_requests_and_drains_on_sigterm(
    trained: Job, start_server: Callable[..., Server]
) -> None:
    server = start_server(trained.model)
    server.wait_ready()
    answered = threading.Event()

    def ask(number: int) -> httpx.Response:
        response = post(server, {"inputs": [f"headline number {number}"] * 20})
        answered.set()
        return response

    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(ask, number) for number in range(16)]
        assert answered.wait(30)
        responses = [each.result() for each in waiting]
        assert {response.status_code for response in responses} == {200}
        large = pool.submit(post, server, {"inputs": ["a rather long headline about nothing at all"] * 4000})
        while not large.running():
            pass
        # The body is on its way or in the queue: it must be answered although the server is told to stop.
        httpx.get(f"{server.url}/ping")
        threading.Event().wait(0.3)
        server.process.send_signal(signal.SIGTERM)
        assert len(large.result(timeout=60).json()["predictions"]) == 4000
    assert server.process.wait(timeout=30) == 0


def test_full_queue_is_503_with_retry_after(trained: Job, start_server: Callable[..., Server]) -> None:
    server = start_server(trained.model, RUBRIC_MAX_WAITING_TEXTS="1", RUBRIC_MAX_BATCH_TEXTS="64")
    server.wait_ready()
    with ThreadPoolExecutor(24) as pool:
        responses = list(pool.map(lambda _: post(server, {"inputs": ["text of a headline"] * 400}), range(24)))
    refused = [response for response in responses if response.status_code != 200]
    assert refused
    assert {response.status_code for response in refused} == {503}
    assert {response.headers["retry-after"] for response in refused} == {"1"}
    assert refused[0].json()["error"]["code"] == "overloaded"
    assert post(server, {"inputs": "afterwards"}).status_code == 200


def test_too_large_a_body_is_413(trained: Job, start_server: Callable[..., Server]) -> None:
    server = start_server(trained.model, RUBRIC_MAX_BODY_BYTES="1000")
    server.wait_ready()
    assert post(server, {"inputs": "x" * 2000}).status_code == 413


def test_server_without_a_usable_model_ends_with_the_reason(
    tmp_path: Path, start_server: Callable[..., Server]
) -> None:
    (tmp_path / "empty").mkdir()
    server = start_server(tmp_path / "empty")
    assert server.process.wait(timeout=60) == 1
    assert "is not a model artifact" in next(tmp_path.glob("server0/log")).read_text()


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
    assert json.loads(str(failed.value))["error"] == {"code": "internal_error", "message": "the model failed"}


def test_packed_code_serves_by_itself_with_its_vendored_packages(trained: Job) -> None:
    """As the container does it: only code/ is on the path, not this repository."""
    script = (
        "import inference, vendored_example, model_code; m = inference.model_fn('..');"
        "print(model_code.__file__, inference.transform_fn(m, b'a text', 'text/csv', 'application/json'), sep='\\n')"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
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
