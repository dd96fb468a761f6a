"""Tests declaring, using and missing private names; Python's own modules stand in for MiniStack."""

import json.decoder

import pytest

from local_aws import private_api


def name_of(attribute: str, module: str = "json.decoder", **options: object) -> private_api.PrivateName:
    return private_api.PrivateName(module=module, attribute=attribute, purpose="read JSON", **options)  # type: ignore[arg-type]


def test_a_name_reads_and_replaces_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json.decoder.JSONDecoder, "decode", json.decoder.JSONDecoder.decode)
    result = name_of("JSONDecoder.decode")
    assert result.get() is json.decoder.JSONDecoder.decode
    result.set(len)
    assert json.decoder.JSONDecoder.decode is len


@pytest.mark.parametrize(
    ("moved", "what"),
    [
        (name_of("gone"), "json.decoder.gone is gone"),
        (name_of("JSONDecoder.gone.deeper"), "json.decoder.JSONDecoder.gone.deeper is gone"),
        (name_of("x", module="json.gone"), "json.gone.x cannot be imported"),
        (name_of("JSONDecoder.decode", takes=("self", "text")), "takes (self, s, _w) and not (self, text)"),
        (name_of("NaN", takes=()), "is not a function any more"),
        (name_of("NaN", expects=lambda value: value == 1), "has changed its shape"),
    ],
)
def test_a_moved_name_is_one_sentence(moved: private_api.PrivateName, what: str) -> None:
    sentence = moved.check()
    assert sentence is not None
    assert what in sentence
    assert "it is needed to read JSON (pinned ministack 1.5.33, installed " in sentence


def test_what_is_gone_cannot_be_used() -> None:
    for use in (lambda: name_of("gone").get(), lambda: name_of("gone").set(1)):
        with pytest.raises(private_api.NameMoved, match="is gone"):
            use()


def test_check_all_names_only_what_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_api, "_declared", {})
    private_api.declare("json.decoder", "NaN", "parse numbers")
    assert private_api.check_all() == []
    private_api.declare("json.decoder", "gone", "parse more")
    (sentence,) = private_api.check_all()
    assert "json.decoder.gone is gone: it is needed to parse more" in sentence
    assert [each.name for each in private_api.declared()] == ["json.decoder.NaN", "json.decoder.gone"]


def test_another_version_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_api, "installed_version", lambda: "2.0")
    assert private_api.check_version() == "ministack 1.5.33 is pinned but 2.0 is installed: install that one."
    monkeypatch.setattr(private_api, "installed_version", lambda: "1.5.33")
    assert private_api.check_version() is None
