"""The lean and the Hugging Face container answer alike: predictions within 1e-3, and the same errors."""

import asyncio
import json
import socket
import struct
from random import Random
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from contracts.models.measures import MEASURES
from lambda_src.classify.backends.endpoint import problem_of
from tests import processor
from tests.long.conformance.cases import ANSWERED, API_STATUS, HEADLINES, HUGE, JSON, REFUSED, Case, inputs
from tools.containers import Container

TOLERANCE = 1e-3
CLIENT = httpx.Client(timeout=60)
MEMBERS = {"predicted_label", "probabilities", "labels", "model_version", "measures"}


def ask(container: Container, case: Case) -> httpx.Response:
    headers = {} if case.content_type is None else {"content-type": case.content_type}
    return CLIENT.post(f"{container.url}/invocations", content=case.body, headers=headers)


def documents(response: httpx.Response, case: Case) -> list[Any]:
    """The answer's JSON, one document a line where the request was by line."""
    lines = response.content.decode().split("\n") if case.lines else [response.text]
    assert not case.lines or lines.pop() == "", "the last line has no end"
    return [json.loads(line) for line in lines]


def predictions(document: Any) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = document.get("predictions", [document])
    return result


def differences(left: Any, right: Any, where: str = "$") -> list[str]:
    """Where two JSON documents differ; numbers may by TOLERANCE."""
    if isinstance(left, float) and isinstance(right, float):
        return [] if abs(left - right) <= TOLERANCE else [f"{where}: {left} and {right}"]
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        return [each for key in left for each in differences(left[key], right[key], f"{where}.{key}")]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [each for n in range(len(left)) for each in differences(left[n], right[n], f"{where}[{n}]")]
    return [] if left == right else [f"{where}: {left!r} and {right!r}"]


@pytest.mark.parametrize("case", ANSWERED, ids=str)
def test_both_give_the_same_answer(containers: dict[str, Container], case: Case) -> None:
    lean, huggingface = (ask(containers[kind], case) for kind in ("lean", "huggingface"))
    assert (lean.status_code, huggingface.status_code) == (200, 200), (lean.text, huggingface.text)
    answer = documents(lean, case)
    assert differences(answer, documents(huggingface, case)) == []
    assert len(answer) == (case.lines or 1)
    for each in (each for document in answer if "error" not in document for each in predictions(document)):
        assert each.keys() == MEMBERS
        assert sum(each["probabilities"][0]) == pytest.approx(1)
        assert each["measures"].keys() == set(MEASURES) and each["measures"]["length"] >= 0


def test_what_runs_the_model_changes_no_label(containers: dict[str, Container]) -> None:
    engines = {"lean": processor.engine(), "onnxruntime": "onnxruntime"}
    for kind, engine in engines.items():
        assert f'engine="{engine}"' in CLIENT.get(f"{containers[kind].url}/metrics").text
    case = Case("", inputs(list(HEADLINES)))
    one, other = (predictions(ask(containers[kind], case).json()) for kind in engines)
    for mine, theirs in zip(one, other, strict=True):
        assert mine["predicted_label"] == theirs["predicted_label"]
        assert mine["probabilities"][0] == pytest.approx(theirs["probabilities"][0], abs=0.05)


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_both_give_the_same_error(containers: dict[str, Container], case: Case) -> None:
    lean, huggingface = (ask(containers[kind], case) for kind in ("lean", "huggingface"))
    assert lean.json() == huggingface.json()
    assert lean.json()["error"].keys() == {"code", "message"}
    assert lean.json()["error"]["code"] == case.code
    assert (lean.status_code, huggingface.status_code) == (case.status, case.status)


@pytest.mark.parametrize("case", [*REFUSED, HUGE], ids=str)
def test_the_api_tells_its_callers_mistakes_from_failures(container: Container, case: Case) -> None:
    response = ask(container, case)
    # As SageMaker reports the container's answer.
    fields = {"OriginalStatusCode": response.status_code, "OriginalMessage": response.text}
    error = ClientError({"Error": {"Code": "ModelError", "Message": "x"}, **fields}, "InvokeEndpoint")
    assert problem_of(error).status == (413 if case is HUGE else API_STATUS.get(case.code, 502))


def test_a_huge_body_is_refused(container: Container) -> None:
    assert ask(container, HUGE).status_code == 413


def test_a_bad_line_does_not_spoil_the_others(container: Container) -> None:
    [case] = (case for case in ANSWERED if case.name == "json lines with bad ones")
    answers = documents(ask(container, case), case)
    codes = [each.get("error", {}).get("code", "") for each in answers]
    assert codes == ["", "invalid_json", "invalid_json", "missing_inputs", "invalid_inputs", ""]
    assert [len(predictions(each)) for each in (answers[0], answers[-1])] == [1, 2]


def test_100_at_once_get_each_their_own_answer(containers: dict[str, Container]) -> None:
    words = sorted({word for text in HEADLINES for word in text.split()})
    texts = [" ".join(Random(n).choices(words, k=1 + n % 20)) for n in range(100)]

    async def all_at_once(url: str) -> list[httpx.Response]:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=100), timeout=60) as client:
            headers = {"content-type": JSON}
            calls = [client.post(f"{url}/invocations", content=inputs(text), headers=headers) for text in texts]
            return await asyncio.gather(*calls)

    lean, huggingface = (asyncio.run(all_at_once(containers[kind].url)) for kind in ("lean", "huggingface"))
    assert {each.status_code for each in (*lean, *huggingface)} == {200}
    alone = [ask(containers["lean"], Case("", inputs(text))).json() for text in texts]
    assert len({round(each["probabilities"][0][0], 3) for each in alone}) > 30, "answers too alike to tell apart"
    assert differences(alone, [each.json() for each in lean]) == []
    assert differences(alone, [each.json() for each in huggingface]) == []


@pytest.mark.parametrize("path", ["/models", "/models/model"])
def test_no_models_are_managed_over_the_port_that_answers(container: Container, path: str) -> None:
    assert CLIENT.get(f"{container.url}{path}").status_code == 404


def send_and_leave(container: Container, body: bytes, *, announced: int) -> None:
    host, port = container.url.removeprefix("http://").split(":")
    head = f"POST /invocations HTTP/1.1\r\nHost: {host}\r\nContent-Type: {JSON}\r\nContent-Length: {announced}\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + body)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes with a reset


def test_a_client_gone_in_mid_request_harms_nobody(container: Container) -> None:
    processes, body = container.processes(), inputs(HEADLINES * 16)
    for _ in range(10):
        send_and_leave(container, body[: len(body) // 2], announced=len(body))
        send_and_leave(container, body, announced=len(body))
    assert ask(container, ANSWERED[0]).status_code == 200
    assert CLIENT.get(f"{container.url}/ping").status_code == 200
    assert container.processes() == processes
