"""A registry that nothing could be computed by is refused, with one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.features import computed
from environments.reading import registry
from environments.reading.errors import SettingsError
from tests.checkout import ROOT

TEXTS = "{name: texts_30d, entity: caller, type: integer, source: request_log}"


def load(tmp_path: Path, *features: str) -> registry.Registry:
    lines = "".join(f"  - {feature}\n" for feature in features)
    (tmp_path / "mine.yaml").write_text(f"features:\n{lines}", encoding="utf-8")
    return registry.load("mine.yaml", root=tmp_path)


def test_the_shipped_registry_names_what_is_computed() -> None:
    found = registry.load("environments/registry/features.yaml", root=ROOT)
    named = {(one.entity, one.name) for one in found.features}
    every = {(entity, name) for entity, names in computed.COMPUTED.items() for name in names}
    assert every - named == {("publisher", "first_seen")}


def test_a_feature_may_be_left_out(tmp_path: Path) -> None:
    assert [one.name for one in load(tmp_path, TEXTS).features] == ["texts_30d"]


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        (
            TEXTS.replace("texts_30d", "age"),
            "mine.yaml: nothing computes the caller feature 'age': leave it out, or use",
        ),
        (TEXTS.replace("integer", "float"), "mine.yaml: the caller feature 'texts_30d' is computed as integer from"),
        (
            TEXTS.replace("request_log", "labels"),
            "mine.yaml: the caller feature 'texts_30d' is computed as integer from",
        ),
        (TEXTS.replace("integer", "number"), "mine.yaml: feature 1 (texts_30d): `type` is 'number', not one of"),
        ("{name: texts_30d}", "mine.yaml: feature 1 (texts_30d) has no `entity`"),
    ],
)
def test_refused(tmp_path: Path, feature: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, feature)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
