"""Tests common/cfn_response.py, and that every custom resource's function answers with it."""

from __future__ import annotations

import http.client
import socket
import threading
import time
import urllib.error

import pytest

from lambda_src.common import aws, cfn_response
from lambda_src.stack_resources.build_image import handler as build_image
from lambda_src.stack_resources.check_rollout import handler as check_rollout
from lambda_src.stack_resources.cleanup import handler as cleanup
from lambda_src.stack_resources.first_model import handler as first_model
from lambda_src.stack_resources.private_network import handler as private_network

PLENTY = 900_000
VARIABLES = {
    "PROJECT_NAME": "p",
    "REPOSITORY_NAME": "r",
    "WAITING_PARAMETER": "/w",
    "APPROVED_MODEL_PARAMETER": "/a",
}


@pytest.fixture
def event(load_event, cfn_answers):
    return load_event("cfn_cleanup_delete") | {"ResponseURL": cfn_answers[0]}


@pytest.fixture
def answers(cfn_answers):
    return cfn_answers[1]


def run(event, work, logger, *, remaining_ms=PLENTY):
    cfn_response.always(event, work, physical_id="x", logger=logger, remaining_ms=lambda: remaining_ms)


def test_long_reasons_are_cut_between_characters():
    cut = cfn_response.shorten("é" * 5000)
    assert len(cut.encode()) <= cfn_response.MAX_REASON_BYTES
    assert cut.endswith("é...")
    assert cfn_response.shorten("short") == "short"
    assert cfn_response.shorten("half \ud800") == "half ?"
    assert cfn_response.shorten("two\n  lines\n") == "two lines"


def test_an_answer_that_cannot_be_delivered_raises_so_that_lambda_tries_again(event, logger, monkeypatch):
    monkeypatch.setattr(cfn_response, "_PAUSES_SECONDS", (0, 0))
    event["ResponseURL"] = "http://127.0.0.1:1/"
    with pytest.raises(urllib.error.URLError):
        run(event, lambda: True, logger)


def test_who_insists_raises_nothing_and_answers_as_soon_as_it_can(event, answers, logger, monkeypatch):
    monkeypatch.setattr(cfn_response, "_PAUSES_SECONDS", (0, 0))
    good, event["ResponseURL"] = event["ResponseURL"], "http://127.0.0.1:1/?signature=x"
    left, ran = [PLENTY, 26_000, 24_000], []
    monkeypatch.setattr(cfn_response.time, "sleep", lambda _: None)

    def work():
        ran.append(1)
        return True

    def insist(remaining_ms):
        cfn_response.always(event, work, physical_id="x", logger=logger, remaining_ms=remaining_ms, insists=True)

    insist(lambda: left.pop(0))
    assert (left, answers, ran) == ([], [], [1])
    assert logger.messages("error") == ["CloudFormation could not be reached and will wait for its timeout"]

    def later():
        event["ResponseURL"] = good
        return PLENTY

    insist(later)
    assert [answer["Status"] for answer in answers] == ["SUCCESS"]


@pytest.mark.parametrize("function", [build_image, first_model])
def test_a_function_whose_failures_are_kept_fails_no_request_of_cloudformation(
    event, configure, context, monkeypatch, caplog, function
):
    configure(function, **VARIABLES)
    monkeypatch.setattr(cfn_response, "_PAUSES_SECONDS", (0, 0))
    monkeypatch.setattr(cfn_response, "_LAST_SECONDS", 1e9)
    event["ResponseURL"] = "http://127.0.0.1:1/?signature=secret"

    def refuse(*_, **__):
        raise RuntimeError("no")

    monkeypatch.setattr(aws, "client", refuse)
    for kind in ("Create", "Update", "Delete"):
        function.handler({**event, "RequestType": kind}, context)
    assert caplog.text.count("could not be reached") == 3 and "secret" not in caplog.text


def test_a_connection_that_breaks_before_its_answer_is_tried_again(event, logger, monkeypatch):
    monkeypatch.setattr(cfn_response, "_PAUSES_SECONDS", (0, 0))
    with socket.create_server(("127.0.0.1", 0)) as server:
        event["ResponseURL"] = f"http://127.0.0.1:{server.getsockname()[1]}/"
        seen = []

        def serve():
            for answer in (b"", b"no status line\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"):
                connection, _ = server.accept()
                with connection:
                    seen.append(connection.recv(65_536))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        run(event, lambda: True, logger)
        thread.join(10)
    assert len(seen) == 3
    assert issubclass(http.client.RemoteDisconnected, OSError) and not issubclass(
        http.client.RemoteDisconnected, urllib.error.URLError
    )


def test_whoever_is_out_of_time_is_answered_for_and_only_once(event, answers, logger):
    def work():
        deadline = time.monotonic() + 5
        while not answers and time.monotonic() < deadline:
            time.sleep(0.01)
        return True

    run(event, work, logger, remaining_ms=int(cfn_response.RESERVE_SECONDS * 1000) + 50)
    assert [(answer["Status"], answer["Reason"]) for answer in answers] == [
        ("FAILED", "the function did not finish within 10 seconds; its log shows how far it got")
    ]
    assert logger.messages("error") == ["custom resource is out of time"]


def test_nothing_is_said_later_of_work_that_was_done_in_time(event, answers, logger):
    soon = int(cfn_response.RESERVE_SECONDS * 1000) + 100
    run(event, lambda: False, logger, remaining_ms=soon)
    run(event, lambda: True, logger, remaining_ms=soon)
    time.sleep(0.2)
    assert [answer["Status"] for answer in answers] == ["SUCCESS"]


@pytest.mark.parametrize(
    ("function", "kinds"),
    [
        (build_image, ("Create", "Update", "Delete")),
        (check_rollout, ("Create", "Update")),
        (cleanup, ("Delete",)),
        (first_model, ("Create", "Delete")),
        (private_network, ("Create", "Update")),
    ],
    ids=["build_image", "check_rollout", "cleanup", "first_model", "private_network"],
)
def test_every_function_answers_what_goes_wrong_in_one_line(
    event, answers, configure, context, monkeypatch, function, kinds
):
    configure(function, **VARIABLES)

    def refuse(*_, **__):
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(aws, "client", refuse)
    properties = {"Tag": "t", "EndpointName": "e", "EndpointConfigName": "c", "StateMachineArn": "m"}
    for kind in kinds:
        function.handler({**event, "RequestType": kind, "ResourceProperties": properties}, context)
    assert [(answer["Status"], answer["Reason"]) for answer in answers] == [
        ("FAILED", "RuntimeError: first line second line") for _ in kinds
    ]


def test_a_resource_keeps_its_id_and_a_new_one_is_of_its_stack():
    """An update that answers with another id has CloudFormation delete the old resource."""
    event = {"StackId": "arn:aws:cloudformation:r:1:stack/Rubric-dev-Data/0a1b", "LogicalResourceId": "Cleanup"}
    made = cfn_response.physical_id(event, "cleanup")
    assert made == "cleanup-0a1b-Cleanup"
    assert cfn_response.physical_id({**event, "PhysicalResourceId": made}, "other") == made
