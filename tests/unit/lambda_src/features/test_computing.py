"""What is computed, and that nothing counts twice or is left out, whenever a run is killed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.datasets import ledger
from contracts.features import registry
from lambda_src.common.features.store import StoreError
from lambda_src.features import computing
from tests.unit.lambda_src.features.world import Killed, World

DAY = 86_400


def test_a_callers_and_a_publishers_texts_are_counted() -> None:
    world = World()
    for ago, label in ((400, "Business"), (300, "Science"), (200, "Business")):
        world.text("k1", ago=ago, label=label, publisher="the times")
    world.text("k2", ago=100)
    done = world.run()
    assert (done.texts, done.done, done.stale) == (4, True, 0)
    expected = {
        "texts_30d": 3,
        "feedback_30d": 0,
        "mean_confidence_30d": 0.5,
        "top_label_30d": "Business",
        "top_label_share_30d": 0.6667,
    }
    assert world.values("caller", "k1").items() >= expected.items()
    assert world.values("publisher", "the times") == expected  # the registry names no first_seen of a publisher
    assert world.values("caller", "k2")["texts_30d"] == 1


def test_what_is_too_young_is_counted_by_a_later_run() -> None:
    world = World()
    world.text("k1", ago=10)
    assert world.run().texts == 0
    world.now += timedelta(minutes=15)
    assert world.run().texts == 1
    assert world.run().texts == 0
    assert world.values("caller", "k1")["texts_30d"] == 1


def test_a_text_that_came_late_counts_once_and_is_newer_than_what_was_counted_before() -> None:
    world = World()
    world.text("k1", ago=5000, late=400)
    world.text("k1", ago=300)
    assert world.run().texts == 2
    assert world.values("caller", "k1")["texts_30d"] == 2


def test_feedback_counts_for_the_caller_and_the_publisher_though_it_is_older_than_the_last_text() -> None:
    world = World()
    name, position = world.text("k1", ago=4000, publisher="the times")
    for given in ("Science", "Business"):
        world.label(
            "Rates rise",
            given,
            ago=3000,
            source=ledger.FEEDBACK,
            key_id="k1",
            trusted=False,
            request_id=name,
            position=position,
            model_label="Business",
        )
    world.text("k1", ago=100)
    world.run()
    for entity, known in (("caller", "k1"), ("publisher", "the times")):
        values = world.values(entity, known)
        assert (values["feedback_30d"], values["feedback_wrong_share_30d"]) == (2, 0.5)


def test_the_labels_of_a_texts_key_are_counted_in_any_spelling_and_only_trusted_ones_decide() -> None:
    world = World()
    row = world.label("Rates rise", "Business", ago=900, by="ana")
    world.label("RATES  rise", "Science", ago=800, by="ben")
    world.label("Rates rise", "Science", ago=700, by="ana")
    world.label("Rates rise", "Business", ago=600, by="eve", trusted=False, source=ledger.FEEDBACK)
    world.run()
    assert world.values("text", row) == {"labellers": 2, "label": "Science", "label_share": 1.0, "feedback": 1}
    world.label("rates rise", "Business", ago=61, by="cem")
    world.run()
    assert world.values("text", row)["label_share"] == 0.6667


def test_what_leaves_the_window_is_no_longer_counted_though_nothing_new_came() -> None:
    world = World()
    world.text("k1", ago=100)
    world.run()
    world.now += timedelta(days=29)
    world.text("k1", ago=100)
    world.run()
    assert world.values("caller", "k1")["texts_30d"] == 2
    world.now += timedelta(days=2)
    world.run()
    assert world.values("caller", "k1")["texts_30d"] == 1
    world.now += timedelta(days=40)
    world.run()
    assert world.saved is not None
    assert world.saved["activity"]["caller"] == {}


def test_a_registry_that_leaves_features_out_gets_only_the_others() -> None:
    world = World()
    world.known = registry.Registry(
        [one for one in world.known.features if (one.entity, one.name) == ("caller", "texts_30d")]
    )
    world.text("k1", ago=100, publisher="the times")
    world.label("Rates rise", "Business", ago=100)
    world.run()
    assert {key: set(held) for key, held in world.online.items()} == {("caller", "k1"): {"texts_30d"}}


def test_made_up_publishers_do_not_make_the_state_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computing, "MOST_ENTITIES", 3)
    world = World()
    for number in range(5):
        world.text("k1", ago=500 - number, publisher=f"p{number}")
    assert world.run().left_out == 2
    assert world.values("caller", "k1")["texts_30d"] == 5


def test_ids_that_no_store_takes_are_left_out() -> None:
    world = World()
    world.text("k" * 513, ago=100, publisher="the times")
    world.run()
    assert list(world.online) == [("publisher", "the times")]


def test_a_store_that_is_down_loses_nothing() -> None:
    world = World()
    world.text("k1", ago=100)
    world.down = True
    with pytest.raises(StoreError):
        world.run()
    world.down = False
    world.text("k1", ago=90)
    world.run()
    assert world.values("caller", "k1")["texts_30d"] == 2


def _busy(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(computing, "PART", 2)
    world = World()
    names = [world.text("k1", ago=900 - number, publisher="p") for number in range(5)]
    world.text("k1", ago=2 * DAY, late=300)
    for name, position in names[:3]:
        world.label(
            "Rates rise", "Science", ago=200, source=ledger.FEEDBACK, request_id=name, position=position, key_id="k1"
        )
    return world


def test_a_run_that_is_killed_anywhere_counts_nothing_twice_and_leaves_nothing_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = _busy(monkeypatch)
    whole.run()
    expected = {key: whole.values(*key) for key in whole.online}
    assert expected["caller", "k1"]["texts_30d"] == 6
    kills = 0
    for kill_at in range(1, 200):
        world = _busy(monkeypatch)
        try:
            world.run(kill_at=kill_at)
        except Killed:
            kills += 1
            world.run()
        assert {key: world.values(*key) for key in world.online} == expected, kill_at
    assert kills > 15


def test_no_value_is_older_than_what_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read as of a time must not see what happened after it: each event lies behind all that it counts."""
    world = _busy(monkeypatch)
    world.run()
    arrived = sorted(item["time"] for item in world.items.values() if not item["place"].endswith("+"))
    for (entity, _, place), features in world.history.items():
        if entity == "caller":
            counted = features["texts_30d"]
            assert sum(time <= place[:23] + "Z" for time in arrived) >= min(counted, len(arrived)), place
