"""An erasure removes the text from captures and evaluations, and all else stays the same, byte for byte."""

from __future__ import annotations

import base64
import itertools
import json

import pytest

from ops.erase import editors
from ops.erase.editors import UnreadableError
from tests.unit.ops.erasures import GONE, left


def capture(texts, *, encoding="JSON"):
    data = json.dumps({"inputs": texts})
    if encoding == "BASE64":
        data = base64.b64encode(data.encode()).decode()
    value = {"data": data, "encoding": encoding, "mode": "INPUT", "observedContentType": "application/json"}
    return json.dumps({"captureData": {"endpointInput": value}, "eventMetadata": {"eventId": "e"}}) + "\n"


@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_a_captured_request_with_the_text_goes_whole(encoding):
    stays = capture(["a", "b"], encoding=encoding)
    content = stays + capture(["a", GONE], encoding=encoding) + capture(GONE, encoding=encoding) + stays
    assert left(editors.captured, content) == ((stays * 2).encode(), 2)


@pytest.mark.parametrize(
    "content", ["no json\n", "{}\n", "[" * 100_000 + "\n", '{"captureData": {"endpointInput": {"data": 1}}}\n']
)
def test_what_is_no_capture_is_refused_by_its_line(content):
    with pytest.raises(UnreadableError) as error:
        left(editors.captured, capture("a") + content)
    assert str(error.value).startswith("line 2 ")


def request(data, encoding):
    return json.dumps({"captureData": {"endpointInput": {"data": data, "encoding": encoding}}}) + "\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("Mary Smith, ill\nother\n", "CSV"),
        ('"Mary Smith, ill"\n', "CSV"),
        ('{"inputs": "a"}\n{"inputs": "Mary Smith, ill"}\n', "JSON"),
        ('{"inputs": "Mary Smith, ill", "n": ' + "[" * 5_000, "JSON"),
        (base64.b64encode(b'\xef\xbb\xbf{"inputs": "Mary Smith, ill"}').decode(), "BASE64"),
        ({"inputs": ["Mary Smith, ill"]}, "JSON"),
    ],
    ids=itertools.count(),
)
def test_a_captured_request_is_read_like_the_model_s(data, encoding):
    stays = request("a, Mary Smith, ill\nother\n", "CSV") + request(base64.b64encode(b"\xff").decode(), "BASE64")
    assert left(editors.captured, stays + request(data, encoding)) == (stays.encode(), 1)


def test_an_evaluation_loses_the_mistakes_that_quote_the_text():
    document = {"accuracy": 0.9, "mistakes": [{"text": GONE, "truth": "b"}, {"text": "\ud800", "truth": "e"}]}
    kept, result = left(editors.evaluation, json.dumps(document))
    assert result == 1 and json.loads(kept) == {"accuracy": 0.9, "mistakes": [{"text": "\ud800", "truth": "e"}]}
    with pytest.raises(UnreadableError, match="not an evaluation"):
        left(editors.evaluation, "[" * 100_000)
    raw = json.dumps({"accuracy": 0.9})
    assert left(editors.evaluation, raw) == (raw.encode(), 0)


def drift_report_with(*texts):
    explanation = {"typical": [{"text": text, "label": "A"} for text in texts], "terms": []}
    return json.dumps({"layout": 1, "status": "drift", "explanation": explanation})


def test_a_drift_report_loses_the_quoted_text_alone():
    content = drift_report_with("one", GONE, "three")
    assert left(editors.drift_report, content) == (drift_report_with("one", "three").encode(), 1)
    for stays in (drift_report_with("one"), '{"layout": 1, "explanation": null}'):
        assert left(editors.drift_report, stays) == (stays.encode(), 0)


@pytest.mark.parametrize("content", ["", "[]", '{"explanation": {"typical": [1]}}', "[" * 100_000])
def test_what_is_no_drift_report_is_refused(content):
    with pytest.raises(UnreadableError) as error:
        left(editors.drift_report, content)
    assert str(error.value).startswith("it is not a drift report")
