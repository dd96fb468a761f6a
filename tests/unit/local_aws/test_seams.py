"""How a seam is declared, used and found missing; Python's own modules stand in for MiniStack."""

import json.decoder

import pytest

from local_aws import private_api


def seam(attribute: str, module: str = "json.decoder", **options: object) -> private_api.Seam:
    return private_api.Seam(module=module, attribute=attribute, purpose="read JSON", **options)  # type: ignore[arg-type]


def test_a_seam_reads_and_replaces_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json.decoder.JSONDecoder, "decode", json.decoder.JSONDecoder.decode)
    found = seam("JSONDecoder.decode")
    assert found.get() is json.decoder.JSONDecoder.decode
    found.set(len)
    assert json.decoder.JSONDecoder.decode is len


@pytest.mark.parametrize(
    ("moved", "what"),
    [
        (seam("gone"), "json.decoder.gone is gone"),
        (seam("JSONDecoder.gone.deeper"), "json.decoder.JSONDecoder.gone.deeper is gone"),
        (seam("x", module="json.gone"), "json.gone.x cannot be imported"),
        (seam("JSONDecoder.decode", takes=("self", "text")), "takes (self, s, _w) and not (self, text)"),
        (seam("NaN", takes=()), "is not a function any more"),
        (seam("NaN", expects=lambda value: value == 1), "has changed its shape"),
    ],
)
def test_a_moved_seam_is_one_sentence(moved: private_api.Seam, what: str) -> None:
    sentence = moved.check()
    assert sentence is not None
    assert what in sentence
    assert "it is needed to read JSON (pinned ministack 1.5.33, installed " in sentence


def test_what_is_gone_cannot_be_used() -> None:
    for use in (lambda: seam("gone").get(), lambda: seam("gone").set(1)):
        with pytest.raises(private_api.SeamMoved, match="is gone"):
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
    assert private_api.check_version() == "ministack 1.5.33 is pinned but 2.0 is installed: run `make setup`."
    monkeypatch.setattr(private_api, "installed_version", lambda: "1.5.33")
    assert private_api.check_version() is None
