"""A mapping of labels: what it does, and what cannot be meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from contracts.texts.label_mapping import MAX_NAME, LabelMapping
from tests.clone import ROOT

GOOD = {"rename": {"sci/tech": "Science & Tech"}, "merge": {"Money": ["money", "Money", "economy"]}, "drop": ["nan"]}


def test_what_becomes_of_each_label() -> None:
    mapping = LabelMapping.of(GOOD)
    assert mapping.fault() is None
    assert mapping.targets() == {"sci/tech": "Science & Tech", "money": "Money", "economy": "Money", "nan": None}


def test_the_file_gives_it_back_and_does_not_depend_on_the_settings_order() -> None:
    mapping = LabelMapping.of(GOOD)
    shuffled = {"drop": ["nan"], "merge": {"Money": ["economy", "money", "Money"]}, "rename": GOOD["rename"]}
    assert LabelMapping.of(json.loads(mapping.to_json())).document() == mapping.document()
    assert LabelMapping.of(shuffled).sha256 == mapping.sha256 != LabelMapping.of({"drop": ["nan"]}).sha256
    assert not LabelMapping() and LabelMapping().sha256 == ""


def test_names_are_normalised_as_the_labels_of_a_file_are() -> None:
    mapping = LabelMapping.of({"rename": {" Food &amp;  Drink": "Cafe\u0301 "}})
    assert mapping.targets() == {"Food & Drink": "Caf\u00e9"}


@pytest.mark.parametrize(
    ("document", "key", "label", "why"),
    [
        ({"rename": {"a": "b", "b": "c"}}, "rename.a", "b", "in turn becomes 'c'"),
        ({"rename": {"a": "b", "b": "a"}}, "rename.a", "b", "in turn becomes 'a'"),
        ({"merge": {"A": ["b"], "b": ["c"]}}, "merge.b", "b", "in turn becomes 'A'"),
        ({"rename": {"a": "x"}, "drop": ["x"]}, "rename.a", "x", "in turn is left out"),
        ({"merge": {"x": ["a"]}, "drop": ["x"]}, "merge.x", "x", "in turn is left out"),
        ({"rename": {"a": "b", "c": "b"}}, "rename.c", "b", "'a' gets this name too"),
        ({"rename": {"a": "M"}, "merge": {"M": ["m"]}}, "rename.a", "M", "gets this name too"),
        ({"rename": {"a": "b"}, "drop": ["a"]}, "drop", "a", "data.labels.rename has this label already"),
        ({"merge": {"A": ["b"], "B": ["b"]}}, "merge.B", "b", "data.labels.merge has this label already"),
        ({"drop": ["a", "a "]}, "drop", "a", "data.labels.drop has this label already"),
        ({"rename": {"a": "a"}}, "rename.a", "a", "its name already"),
        ({"merge": {"A": ["A"]}}, "merge.A", "A", "at least one other label"),
        ({"merge": {"A": []}}, "merge.A", "A", "at least one other label"),
        ({"drop": [" "]}, "drop", "", "left out anyway"),
        ({"rename": {"a": "b" * 101}}, "rename.a", "b" * 40 + "…", "at most 100 characters"),
        ({"rename": {"a": "\u200b"}}, "rename.a", "", "a label needs a name"),
    ],
)
def test_what_cannot_be_meant(document: dict[str, Any], key: str, label: str, why: str) -> None:
    fault = LabelMapping.of(document).fault()
    assert fault is not None
    assert (".".join(fault.key), fault.label) == (key, label)
    assert why in fault.why


def test_a_name_is_as_long_as_the_api_takes_it() -> None:
    contract = yaml.safe_load((ROOT / "contracts" / "openapi.yaml").read_text(encoding="utf-8"))
    assert contract["components"]["schemas"]["Label"]["maxLength"] == MAX_NAME


def test_names_that_are_one_when_normalised_are_refused() -> None:
    with pytest.raises(ValueError, match="'a' twice"):
        LabelMapping.of({"rename": {"a": "b", "a ": "c"}})
    with pytest.raises(ValueError, match="only rename, merge, drop"):
        LabelMapping.of({"remove": ["a"]})
