"""Tests calls to the API, and the one-line error for refused ones."""

import pytest

from ops.api import client
from ops.errors import UNREACHABLE, OpsError


def test_a_problem_is_told_in_the_apis_words(api_server):
    url, answers, _ = api_server
    answers.append((401, {"title": "The API key is unknown", "detail": "Check it.", "request_id": "r9"}))
    with pytest.raises(OpsError) as caught:
        client.classify(url, key="rk_x", texts=["one"])
    assert str(caught.value) == "The API answered 401: The API key is unknown Check it. (request r9)"


def test_an_api_that_does_not_answer_is_one_line():
    with pytest.raises(OpsError, match="does not answer") as caught:
        client.classify("http://127.0.0.1:9", key="rk_x", texts=["one"])
    assert caught.value.status == UNREACHABLE


def test_too_many_texts_are_refused_before_the_call():
    with pytest.raises(OpsError, match="The API takes 1 to 64 texts in a request, not 65"):
        client.classify("http://127.0.0.1:9", key="k", texts=["x"] * 65)
