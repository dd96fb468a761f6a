"""Tests rubric classify: its request, and its view of the answer."""

import json

import pytest

from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from tests.unit.ops.conftest import VERSION, run


def answer(*labels: str) -> dict:
    predictions = [
        {
            "predicted_label": label,
            "labels": ["Business", "Health"],
            "probabilities": [[0.2, 0.8]],
            "model_version": VERSION,
        }
        for label in labels
    ]
    return {"predictions": predictions, "model_version": VERSION, "latency_ms": 5.1, "request_id": "r1"}


def use_api(monkeypatch, url: str) -> None:
    stack = Stack("Rubric-dev-Api", "CREATE_COMPLETE", "", {"ApiUrl": url})
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={"Api": stack}))


def test_classify_sends_texts_and_key_and_prints_a_table(aws, monkeypatch, api_server, capsys):
    url, answers, requests = api_server
    use_api(monkeypatch, url)
    answers.append((200, answer("Health", "Health")))
    assert run("classify", "one", "two", "--key", "rk_x") == 0
    path, headers, body = requests[0]
    assert path == "/v1/classify" and body == {"inputs": ["one", "two"]}
    assert {name.lower(): value for name, value in headers.items()}["x-api-key"] == "rk_x"
    printed = capsys.readouterr()
    assert "Health" in printed.out and "80.0%" in printed.out and "Business 20.0%" in printed.out
    assert VERSION in printed.err


def test_how_many_labels_and_below_what_an_answer_is_uncertain(aws, monkeypatch, api_server, capsys):
    url, answers, requests = api_server
    use_api(monkeypatch, url)
    value = answer("Health")
    value["predictions"][0] |= {"uncertain": True, "labels": ["Health", "Business"], "probabilities": [[0.5, 0.4]]}
    answers.append((200, value))
    assert run("classify", "one", "--key", "rk_x", "--top-k", "2", "--threshold", "0.6") == 0
    assert requests[0][2] == {"inputs": ["one"], "top_k": 2, "threshold": 0.6}
    printed = capsys.readouterr().out
    assert "Health (uncertain)" in printed and "50.0%" in printed and "Business 40.0%" in printed


@pytest.mark.parametrize(("option", "value"), [("--top-k", "1"), ("--threshold", "60")])
def test_bad_options_are_refused_before_the_call(aws, option, value):
    assert run("classify", "one", "--key", "rk_x", option, value) == 2


def test_an_answer_without_probabilities_is_shown_without_them(aws, monkeypatch, api_server, capsys):
    url, answers, _ = api_server
    use_api(monkeypatch, url)
    value = answer("Health")
    del value["predictions"][0]["probabilities"]
    answers.append((200, value))
    assert run("classify", "one", "--key", "rk_x") == 0
    printed = capsys.readouterr()
    assert "Health" in printed.out and "%" not in printed.out


def test_classify_json_is_the_apis_answer(aws, monkeypatch, api_server, capsys):
    url, answers, _ = api_server
    use_api(monkeypatch, url)
    monkeypatch.setenv("RUBRIC_API_KEY", "rk_x")
    answers.append((200, answer("Health")))
    assert run("classify", "one", "--json") == 0
    assert json.loads(capsys.readouterr().out) == answer("Health")


def test_classify_without_a_key_says_how_to_get_one(aws, capsys):
    assert run("classify", "one") == 1
    assert "rubric keys create" in capsys.readouterr().err
