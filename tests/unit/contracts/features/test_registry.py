"""The registry of features says what is wrong with it in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.features import registry
from contracts.features.values import FeatureError

GOOD = {"name": "texts", "entity": "caller", "type": "integer", "source": "request_log", "time_to_live": 60}


def test_a_registry_passes_through_json_unchanged() -> None:
    parsed = registry.parse({"features": [GOOD, {**GOOD, "entity": "publisher", "description": "How many."}]})
    assert registry.loads(parsed.as_json()).features == parsed.features
    assert parsed.feature("publisher", "texts").description == "How many."
    assert [each.name for each in parsed.chosen("caller", None)] == ["texts"]
    assert parsed.chosen("text", None) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Texts"}, "`name` takes up to 63 small letters"),
        ({"entity": "reader"}, "`entity` is 'reader', not one of caller, publisher, text"),
        ({"type": "int"}, "`type` is 'int', not one of integer, float, string, boolean, timestamp"),
        ({"source": "news"}, "`source` is 'news', not one of request_log, labels, feedback"),
        ({"time_to_live": 0}, "`time_to_live` is 0, not a whole number of seconds from 1 on"),
        ({"time_to_live": True}, "`time_to_live` is True"),
        ({"time_to_live": "none"}, "`time_to_live` is 'none'"),
        ({"description": 1}, "`description` is 1, not text"),
        ({"ttl": 3}, "there is no key 'ttl'"),
    ],
)
def test_a_bad_feature_is_named_with_its_place(change: dict[str, Any], words: str) -> None:
    with pytest.raises(FeatureError) as raised:
        registry.parse({"features": [GOOD, {**GOOD, "name": "other", **change}]}, where="features.yaml")
    message = str(raised.value)
    assert message.startswith("features.yaml: feature 2 (")
    assert words in message and "\n" not in message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "write a list of features under the one key `features`"),
        ({"features": {}}, "write a list of features"),
        ({"features": ["texts"]}, "feature 1 is not a mapping with name, entity, type, source"),
        ({"features": [{"name": "texts"}]}, "feature 1 (texts) has no `entity`"),
        ({"features": [GOOD, GOOD]}, "the caller feature 'texts' is there twice"),
        ({"features": [{**GOOD, "name": f"f{n}"} for n in range(101)]}, "101 features of a caller, of which at most"),
    ],
)
def test_a_bad_registry_says_what_to_write(data: Any, words: str) -> None:
    with pytest.raises(FeatureError) as raised:
        registry.parse(data)
    assert words in str(raised.value)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(FeatureError, match=r"^here is not JSON$"):
        registry.loads("{", where="here")


def test_an_entity_s_values_last_as_long_as_the_longest() -> None:
    parsed = registry.parse({"features": [GOOD, {**GOOD, "name": "more", "time_to_live": 90}]})
    assert (parsed.longest_life("caller"), parsed.longest_life("text")) == (90, None)
    forever = registry.parse({"features": [GOOD, {**GOOD, "name": "more", "time_to_live": None}]})
    assert forever.longest_life("caller") is None
