"""Tests the ranking of texts to label next."""

import time

import pytest

from contracts.texts import labelling

MARKET = ["Shares rise on bank profit", "Shares rise on bank profits", "UPDATE 1-Shares rise on bank profit"]
FILM = ["New film opens in cinemas", "Old film returns to cinemas"]


def places(texts, uncertainties, **more):
    return [choice.position for choice in labelling.rank(texts, uncertainties, **more)]


def test_uncertainty_is_one_minus_the_margin_of_the_two_highest_probabilities():
    assert labelling.uncertainty([0.5, 0.1, 0.4]) == pytest.approx(0.9)
    assert labelling.uncertainty([0.5, 0.5]) == 1.0 and labelling.uncertainty([1.0, 0.0]) == 0.0
    assert labelling.uncertainty([1.0]) == 0.0 and labelling.uncertainty([1.2, -0.1]) == 0.0


def test_the_least_certain_of_equally_usual_texts_comes_first():
    texts = ["aaa bbb", "ccc ddd", "eee fff"]
    assert places(texts, [0.2, 0.9, 0.5], count=3) == [1, 2, 0]


def test_a_text_like_one_already_chosen_waits():
    texts = [*MARKET, *FILM]
    first, second = places(texts, [1.0, 1.0, 1.0, 0.7, 0.7], count=2)
    assert first in (0, 1, 2) and second in (3, 4)
    ranked = labelling.rank(texts, [1.0, 1.0, 1.0, 0.7, 0.7], count=5)
    assert ranked[0].novelty == 1.0 and all(0 < each.novelty < 1 for each in ranked[2:])
    assert [each.priority for each in ranked] == sorted((each.priority for each in ranked), reverse=True)


def test_a_text_like_a_known_one_waits():
    texts = [MARKET[0], FILM[0]]
    assert places(texts, [0.9, 0.8], count=1) == [0]
    assert places(texts, [0.9, 0.8], count=1, known=[MARKET[1], MARKET[2]]) == [1]


def test_the_same_text_is_chosen_once_and_a_certain_one_never():
    assert places([MARKET[0]] * 3 + FILM, [1.0, 1.0, 1.0, 0.5, 0.0], count=9) == [0, 3]
    assert places([MARKET[0], FILM[0]], [1.0, 1.0], count=9, known=[MARKET[0].upper()]) == [1]
    assert places([], [], count=5) == [] and places(FILM, [1.0, 1.0], count=0) == []


def test_an_odd_text_comes_after_a_usual_one_of_the_same_uncertainty():
    assert places(["zq xv jk 7#", *MARKET], [0.9] * 4, count=1) != [0]


def test_the_priority_is_the_documented_product():
    for each in labelling.rank([*MARKET, *FILM], [0.9, 0.8, 0.7, 0.6, 0.5], count=5):
        product = each.uncertainty * each.typicality**labelling.TYPICALITY * each.novelty
        assert each.priority == pytest.approx(product) and 0 < each.priority <= 1


def test_the_lazy_order_is_the_greedy_one():
    texts = [*MARKET, *FILM, "Bank film on shares", "Cinemas fall", "Profit of old bank", "Returns"]
    uncertain = [(7 * index % 10 + 1) / 10 for index in range(len(texts))]
    vectors = labelling._Vectors(texts)
    typical = vectors.typicality()
    chosen: list[int] = []

    def value(index: int) -> float:
        of = vectors.of(texts[index])
        similar = [sum(of.get(key, 0) * weight for key, weight in vectors.of(texts[each]).items()) for each in chosen]
        return uncertain[index] * typical[index] ** labelling.TYPICALITY * (1 - max(similar, default=0.0))

    while len(chosen) < len(texts):
        chosen.append(max((index for index in range(len(texts)) if index not in chosen), key=value))
    assert places(texts, uncertain, count=len(texts)) == chosen


def test_texts_in_scripts_without_spaces_are_compared_too():
    texts = ["央行宣布下调存款准备金率", "央行宣布上调存款准备金率", "新电影今日在全国上映"]
    assert places(texts, [1.0, 1.0, 0.6], count=2)[1] == 2


def test_a_wrong_number_of_uncertainties_is_refused():
    with pytest.raises(ValueError, match="1 uncertainties for 2 texts"):
        labelling.rank(FILM, [0.5], count=1)


def test_twice_the_texts_take_about_twice_the_time():
    def seconds(count: int) -> float:
        texts = [f"headline {index * 7919 % 1000} about {index} and {index * 31 % 977}" for index in range(count)]
        started = time.process_time()
        labelling.rank(texts, [1.0] * count, count=50)
        return time.process_time() - started

    seconds(200)
    assert seconds(4000) < 4 * max(seconds(2000), 0.01)
