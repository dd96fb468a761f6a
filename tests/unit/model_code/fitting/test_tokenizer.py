"""The compact model's tokenizer, in the scripts of many languages."""

from __future__ import annotations

import itertools
import unicodedata
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from model_code.training.fitting import tokenizer
from tests.linear_time import assert_linear

# Words that differ by marks alone: each is a word of its own, of this many characters when decomposed.
MARKED = {
    "Hindi": ("कल काल किल कुल", "दिन दीन"),
    "Thai": ("ขา ข่า ข้า", "ไม ไม้ ไม่"),
    "Tamil": ("கல் கால் கில்", "பட படி"),
    "Arabic": ("كَتَبَ كُتُب كِتَاب", "عِلْم عَلَم"),
    "Hebrew": ("סֵפֶר סַפָּר סֹפֵר", "דָּבָר דֶּבֶר"),
    "Bengali": ("কাল কূল কোল", "দিন দীন"),
    "Japanese": ("かき かぎ がき", "はし ばし ぱし"),
    "Russian": ("мой мои", "все всё"),
    "Khmer": ("កា កិ កី កុ", "តា តី"),
}


def pieces(found: tokenizer.PreTrainedTokenizerFast, text: str) -> list[str]:
    return found.tokenize(text)


@pytest.mark.parametrize("language", MARKED)
def test_marks_that_distinguish_words_are_kept(language: str) -> None:
    found = tokenizer.train(MARKED[language] * 4, vocab_size=400)
    words = " ".join(MARKED[language]).split()
    cut = [tuple(pieces(found, word)) for word in words]
    assert len(set(cut)) == len(set(words))
    for word, parts in zip(words, cut, strict=True):
        assert "".join(part.removeprefix("##") for part in parts) == unicodedata.normalize("NFD", word)


def test_accents_on_latin_letters_and_the_looks_of_symbols_make_no_difference() -> None:
    found = tokenizer.train(["café naïve Ærø Đà Nẵng", "ok ❤\ufe0f 1\ufe0f\u20e3"] * 4, vocab_size=300)
    assert pieces(found, "CAFÉ NAI\u0308VE") == pieces(found, "cafe naive")
    assert pieces(found, "ok \u2764\ufe0f 1\ufe0f\u20e3") == ["ok", "\u2764", "1"]
    assert pieces(found, "Đà Nẵng") == pieces(found, "Đa Nang")


def test_as_many_ideographs_are_known_as_the_vocabulary_has_room_for() -> None:
    characters = [chr(0x4E00 + number) for number in range(1600)]
    texts = ["".join(characters[start : start + 16]) for start in range(0, 1600, 16)]
    found = tokenizer.train(texts * 2, vocab_size=8000)
    vocabulary = found.get_vocab()
    assert set(characters) <= set(vocabulary)
    assert not any(piece.startswith("##") for piece in vocabulary)
    assert found.unk_token_id not in itertools.chain(*found(texts)["input_ids"])
    small = tokenizer.train([*texts, *texts[:50]], vocab_size=1000)
    assert len(small) <= 1000
    assert (
        sum(piece in set(characters) for piece in small.get_vocab()) == 746
    )  # three quarters without the special ones
    assert set(characters[:700]) <= set(small.get_vocab())  # the frequent ones


def test_ideographs_that_belong_together_are_one_piece() -> None:
    found = tokenizer.train(["股票上涨,银行股票下跌", "银行加息股票下跌,央行"] * 6, vocab_size=60)
    assert {"股票", "银行", "下跌"} <= set(found.get_vocab())
    assert pieces(found, "银行股票") == ["银行", "股票"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("great🙂", ["great", "[UNK]"]),
        ("great👨\u200d👩", ["great", "[UNK]", "[UNK]"]),
        ("5€", ["5", "[UNK]"]),
        ("a+b=5", ["a", "[UNK]", "[UNK]", "[UNK]", "5"]),
        ("great龘", ["great", "[UNK]"]),
        ("great\u0436great", ["great", "[UNK]", "great"]),
    ],
)
def test_what_is_not_known_leaves_the_word_beside_it_readable(text: str, expected: list[str]) -> None:
    found = tokenizer.train(["great 5 55"] * 4, vocab_size=40)
    assert pieces(found, text) == expected


def test_a_symbol_that_is_known_is_a_piece_of_its_own() -> None:
    found = tokenizer.train(["great🙂 5€ up🙂"] * 4, vocab_size=60)
    assert pieces(found, "up🙂🙂great") == ["up", "🙂", "🙂", "great"]
    assert "##🙂" not in found.get_vocab()


def test_an_ideograph_that_is_not_known_does_not_hide_its_sentence() -> None:
    found = tokenizer.train(["股票上涨银行股票下跌", "银行加息股票下跌"] * 6, vocab_size=60)
    assert pieces(found, "银行龘股票")[0] == "银行"
    assert pieces(found, "银行龘股票").count("[UNK]") == 1


def test_a_sentence_without_spaces_is_read_however_long_it_is() -> None:
    sentence = "ราคาทองคำวันนี้ปรับขึ้น" * 8
    found = tokenizer.train([sentence] * 3, vocab_size=300)
    assert len(sentence) > 150
    assert "[UNK]" not in pieces(found, sentence)
    assert "".join(pieces(found, sentence)) == unicodedata.normalize("NFD", sentence)


def test_english_is_cut_as_before() -> None:
    found = tokenizer.train(["shares rise on trade news", "sharing shares, rising rises"] * 4, vocab_size=200)
    assert {"shares", "##s"} <= set(found.get_vocab())
    assert pieces(found, "Shares' news!")[:1] == ["shares"]
    assert "##," not in found.get_vocab()


@pytest.mark.parametrize("texts", [["股票上涨 great🙂", "银行 नमस्ते"], ["great news", "नमस्ते कल काल"]])
def test_the_same_texts_in_any_order_give_the_same_tokenizer(texts: list[str], tmp_path: Path) -> None:
    many = [f"{text} {number}" for number, text in enumerate(texts * 9)]
    found = tokenizer.train(many, vocab_size=90)
    assert found.backend_tokenizer.to_str() == tokenizer.train(many[::-1], vocab_size=90).backend_tokenizer.to_str()
    found.save_pretrained(tmp_path)
    served = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))  # as both containers read it
    for text in (*texts, "x🙂龘\u0301 ख़ \u200d"):
        assert served.encode(text).ids == found(text)["input_ids"]


@pytest.mark.parametrize("unit", ["a", "e\u0301", "\u0301", "क्", "€", "ก", "股", "龘", "a🙂", "1\ufe0f"])
def test_a_text_costs_in_proportion_to_its_length(unit: str) -> None:
    found = tokenizer.train(["股票上涨 great🙂 นี้ क्या"] * 4, vocab_size=90)

    assert_linear(lambda length: unit * length, found.backend_tokenizer.encode, size=2_000)
