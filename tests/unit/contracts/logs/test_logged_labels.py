"""Tests contracts/logs/logged_labels.py and the places of contracts/logs/request_log.py."""

from __future__ import annotations

import base64

import pytest

from contracts.logs import logged_labels, request_log

TIME = "2026-11-20T21:35:00.123Z"


@pytest.mark.parametrize(
    "probabilities",
    [
        (),
        (1.0, 0.0),
        (0.5, 0.25, 0.25),
        (0.000001, 0.000127, 0.000128, 0.016383, 0.016384, 0.983617),
        tuple(number / 125_250 for number in range(501)),
        (0.1234567, 0.8765433),
    ],
)
def test_probabilities_keep_six_decimals(probabilities: tuple[float, ...]) -> None:
    unpacked = logged_labels.unpack(logged_labels.pack(probabilities))
    assert unpacked == [round(probability, 6) for probability in probabilities]


def test_a_sure_answer_of_five_hundred_labels_takes_some_hundred_bytes() -> None:
    sure = [0.9501, *([0.0001] * 499)]
    assert len(logged_labels.pack(sure)) < 700
    assert len(logged_labels.pack([1 / 500] * 500)) < 1_400


@pytest.mark.parametrize(
    "packed", ["?", "é", base64.b64encode(b"\x81").decode(), base64.b64encode(b"\xff\xff\xff\x01").decode()]
)
def test_anything_else_is_refused(packed: str) -> None:
    with pytest.raises(ValueError):
        logged_labels.unpack(packed)


def test_the_id_is_made_of_the_labels_in_their_order() -> None:
    ids = {logged_labels.labels_id(labels) for labels in (("a", "b"), ("b", "a"), ("a", "b", ""), ('a","b',))}
    assert len(ids) == 4
    assert logged_labels.labels_id(["a", "b"]) == logged_labels.labels_id(("a", "b"))
    assert not any(request_log.is_request_id(one) for one in (*ids, request_log.SHARDS_ID))
    assert request_log.is_request_id("JKJaXmPLvHcESHA=")


def test_uncertain_texts_keep_their_place_in_the_order() -> None:
    places = [
        request_log.place_of(TIME, "r", position, uncertain=uncertain)
        for position, uncertain in [(63, True), (2, False), (1, True), (0, False)]
    ]
    assert places == sorted(places)
    assert [request_log.is_uncertain(place) for place in places] == [True, False, True, False]
    assert all(request_log.is_place(place) and request_log.time_of(place) == TIME for place in places)
    assert not request_log.is_place(f"{places[0]}~")


@pytest.mark.parametrize("uncertain", [False, True])
def test_before_a_place_are_exactly_the_older_ones(uncertain: bool) -> None:
    bound = request_log.before(request_log.place_of(TIME, "r", 1, uncertain=uncertain))
    for own in (False, True):
        assert request_log.place_of(TIME, "r", 2, uncertain=own) <= bound
        assert request_log.place_of(TIME, "r", 1, uncertain=own) > bound
