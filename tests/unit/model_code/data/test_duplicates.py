"""Near duplicates are the same pairs as those of a full comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.texts import text_normalization
from model_code.training.data import duplicates
from tests.unit.model_code.data.files import FAR, NEAR, groups, headlines, load


def test_near_duplicates_share_a_group_and_others_do_not(tmp_path: Path) -> None:
    data = load(tmp_path, [*headlines(100), *([text, "Science"] for text in (*NEAR, FAR))])
    group = groups(data)
    assert group[NEAR[0]] == group[NEAR[1]] != group[FAR]
    near = data.describe()["near_duplicates"]
    assert near["groups"] >= 1
    assert near["rows"] >= 2
    assert data.describe()["grouped_by"] == "near duplicates"
    for first, second in near["examples"]:
        assert group[first] == group[second]
        assert jaccard(shingles(first), shingles(second)) >= duplicates.THRESHOLD


def shingles(text: str) -> set[str]:
    padded = f" {duplicates.words(text)} "
    return {padded[at : at + 4] for at in range(len(padded) - 3)}


def jaccard(one: set[str], two: set[str]) -> float:
    return len(one & two) / len(one | two)


def test_pairs_found_are_those_of_a_comparison_of_all_with_all() -> None:
    texts = sorted({text_normalization.key(text) for text, _ in headlines(700, seed=3)})
    links = duplicates.links(texts, threshold=duplicates.THRESHOLD)
    component = duplicates.components(len(texts), links).tolist()
    sets = [shingles(text) for text in texts]
    alike = [
        (one, two)
        for one in range(len(texts))
        for two in range(one + 1, len(texts))
        if jaccard(sets[one], sets[two]) >= duplicates.THRESHOLD
    ]
    assert len(alike) > 20
    assert {tuple(pair) for pair in links.tolist()} <= set(alike)
    assert sum(component[one] == component[two] for one, two in alike) >= 0.97 * len(alike)


@pytest.mark.parametrize(
    ("one", "two", "other"),
    [
        ("股市大幅上涨银行股领涨成交额创新高", "股市大幅上涨银行股领涨沪深成交额创新高", "国足客场失利主教练宣布辞职"),
        ("दिल्ली में भारी बारिश से सड़कों पर जाम", "दिल्ली में भारी बारिश से सड़कों पर लंबा जाम", "दल म भर बरश स सडक पर जम"),
        ("삼성전자 주가 사상 최고치 경신", "삼성전자 주가 또 사상 최고치 경신", "프로야구 개막전 만원 관중 기록"),
        ("ราคาทองคำวันนี้ปรับขึ้นร้อยบาท", "ราคาทองคำวันนี้ปรับขึ้นสองร้อยบาท", "ทีมชาติไทยชนะนัดเปิดสนาม"),
    ],
)
def test_near_duplicates_in_other_scripts(one: str, two: str, other: str) -> None:
    texts = sorted((one, two, other))
    links = duplicates.links(texts, threshold=duplicates.THRESHOLD)
    assert [{texts[at] for at in pair} for pair in links.tolist()] == [{one, two}]
    for text in texts:
        assert jaccard(shingles(text), shingles(other)) < duplicates.THRESHOLD or text == other


def test_vowel_signs_make_another_word() -> None:
    assert duplicates.words("कल") != duplicates.words("काल") != duplicates.words("कल ल")
