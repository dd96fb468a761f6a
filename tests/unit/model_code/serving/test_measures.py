"""What is measured of a text: by each kind of tokenizer, of all of a long text, and where there is nothing to count."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from contracts.models import artifact
from contracts.models.artifact import ArtifactError
from model_code.serving import manifest, measures, seen_words
from model_code.serving.classifier import Classifier
from model_code.serving.measures import Gauge
from model_code.serving.seen_words import SeenWords
from model_code.serving.texts import EncodedText, PlainText
from model_code.training.evaluation import linear_model
from tests.unit.model_code.conftest import Job
from tests.unit.model_code.linear import artifacts

VOCABULARY = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "fed": 3, "keeps": 4, "rate": 5, "##s": 6}


def word_pieces(*, longest: int | None = 6, stride: int = 0) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(VOCABULARY, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    if longest:
        tokenizer.enable_truncation(longest, stride=stride)
    return tokenizer


def seen(folder: Path, *words: str) -> SeenWords:
    seen_words.write(folder, words)
    read = seen_words.read(folder)
    assert read
    return read


def of(gauge: Gauge, tokenizer: Tokenizer, text: str) -> tuple[int, float | None, float | None]:
    (found,) = gauge.measure([EncodedText(text, tokenizer.encode_batch_fast([text])[0])])
    return found["length"], found["unknown_pieces"], found["unseen_words"]


@pytest.mark.parametrize("stride", [0, 1, 3])
@pytest.mark.parametrize("longest", [None, 6, 7])
def test_the_whole_text_is_measured_whatever_the_encoder_reads(
    tmp_path: Path, longest: int | None, stride: int
) -> None:
    tokenizer = word_pieces(longest=longest, stride=stride)
    gauge = Gauge(tokenizer, seen(tmp_path, "fed", "rates"))
    assert of(gauge, tokenizer, "fed") == (1, 0.0, 0.0)
    assert of(gauge, tokenizer, "fed keeps rates") == (4, 0.0, round(1 / 3, 4))
    assert of(gauge, tokenizer, "fed " * 5)[:2] == (5, 0.0)
    assert of(gauge, tokenizer, "fed " * 50 + "zzz")[0] == 51
    if not stride:  # with one, an unknown piece may be read twice
        assert of(gauge, tokenizer, "zzz " * 30 + "rates " * 10) == (50, 0.6, 0.75)


def test_a_text_without_pieces_or_words_has_no_shares_of_them(tmp_path: Path) -> None:
    tokenizer = word_pieces()
    gauge = Gauge(tokenizer, seen(tmp_path, "fed"))
    assert of(gauge, tokenizer, "") == (0, None, None)
    assert of(gauge, tokenizer, "?!") == (1, 1.0, None)
    assert of(Gauge(tokenizer, None), tokenizer, "fed zzz") == (2, 0.5, None)


def test_every_kind_of_tokenizer_says_what_is_unknown() -> None:
    unigram = Tokenizer(models.Unigram([("a", -1.0), ("?", -2.0)], 1, False))
    bytes_only = Tokenizer(models.BPE())
    assert [measures.unknown_id(each) for each in (word_pieces(), unigram, bytes_only)] == [0, 1, None]
    odd = Tokenizer(models.WordLevel({"a": 0}, unk_token="<none>"))
    assert measures.unknown_id(odd) is None


def test_a_linear_model_alone_counts_words(tmp_path: Path) -> None:
    gauge = Gauge(None, seen(tmp_path, "fed", "keeps"))
    texts = [PlainText("Fed keeps, rates!"), PlainText("東京で"), PlainText("?")]
    assert gauge.measure(texts) == [
        {"length": 3, "unknown_pieces": None, "unseen_words": round(1 / 3, 4)},
        {"length": 2, "unknown_pieces": None, "unseen_words": 1.0},
        {"length": 0, "unknown_pieces": None, "unseen_words": None},
    ]


def test_a_classifier_measures_texts_as_they_are_normalised(trained: Job) -> None:
    classifier = Classifier(trained.model)
    raw, plain = classifier.measure(classifier.encode(["Fed&#39;s  rates qwxyz", "Fed's rates qwxyz"]))
    assert raw == plain and raw["unseen_words"] and raw["length"] >= 3


def test_an_older_artifact_has_no_words(trained: Job, tmp_path: Path) -> None:
    older = shutil.copytree(trained.model, tmp_path / "model")
    (older / artifact.SEEN_WORDS_FILE).unlink()
    manifest.seal(older)
    classifier = Classifier(older)
    classifier.warm_up()
    (measured,) = classifier.measure(classifier.encode(["Fed keeps qwxyz"]))
    assert measured["length"] >= 3 and measured["unseen_words"] is None


def test_a_linear_artifact_measures(tmp_path: Path) -> None:
    data = artifacts.headlines(tmp_path)
    folder = artifacts.write(tmp_path / "model", linear_model.fit(data.rows, data.labels), data.labels)
    classifier = Classifier(folder)
    assert classifier.measure(classifier.encode(["Fed keeps rates"])) == [
        {"length": 3, "unknown_pieces": None, "unseen_words": None}
    ]


def test_only_the_most_frequent_words_are_kept_in_order_and_once(tmp_path: Path) -> None:
    seen_words.write(tmp_path, [f"word{number}" for number in range(seen_words.MOST_WORDS + 50)])
    path = tmp_path / artifact.SEEN_WORDS_FILE
    hashes = np.load(path)
    assert path.stat().st_size <= 401_000
    assert hashes.dtype == np.uint32 and (np.diff(hashes.astype(np.int64)) > 0).all()
    words = seen_words.read(tmp_path)
    assert words and words.unseen_share([b"word0", b"word%d" % (seen_words.MOST_WORDS + 49)]) == 0.5


@pytest.mark.parametrize(
    "content",
    [np.array([1.5]), np.array([[1]], dtype=np.uint32), np.zeros(seen_words.MOST_WORDS + 1, dtype=np.uint32), None],
    ids=["floats", "matrix", "too many", "not an array"],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: np.ndarray | None) -> None:
    path = tmp_path / artifact.SEEN_WORDS_FILE
    path.write_bytes(b"\x93NUMPY broken") if content is None else np.save(path, content)
    with pytest.raises(ArtifactError, match=r"seen_words\.npy"):
        seen_words.read(tmp_path)
