"""The estimate of a gain: what it finds, what it must not find, and how far its bound can be trusted."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence

from lambda_src.retrain.rule.bound import lowest_gain
from lambda_src.retrain.rule.gain import Audited, Gain, Labelled, OldWords, asked_words, gain

LABELS = ["Business", "Health"]
OLD = [("shares of the bank fall", "Business"), ("new vaccine against the flu", "Health")] * 50
WORDS = [f"word{number}" for number in range(400)]


def audited(text: str, label: str, *, answer: str, sure: float = 0.6) -> Audited:
    other = next(each for each in LABELS if each != answer)
    return Audited(text=text, label=label, answer=answer, probabilities={answer: sure, other: 1 - sure})


def found(texts: Sequence[Audited], new: Sequence[Labelled], *, alpha: float = 0.05) -> Gain:
    return gain(texts, new, OldWords(OLD, labels=LABELS, asked=asked_words(texts)), alpha=alpha)


def rows(texts: Sequence[Audited]) -> list[Labelled]:
    return [Labelled(text=each.text, label=each.label) for each in texts]


def topic(rng: random.Random, count: int) -> list[Audited]:
    """Texts on a topic that the model has never seen and takes for the wrong label."""
    texts = (" ".join(["fusion", "reactor", *rng.sample(WORDS, 6)]) for _ in range(count))
    return [audited(text, "Health", answer="Business") for text in texts]


def test_a_new_topic_that_the_model_gets_wrong_is_a_gain() -> None:
    texts = topic(random.Random(1), 100)
    seen = found(texts, rows(texts))
    assert seen.right == 0
    assert seen.mended > 90
    assert seen.broken == 0
    assert 0.8 < seen.low <= seen.estimate <= 1


def test_a_text_says_nothing_about_itself() -> None:
    """Else every wrong answer would be mended by its own label."""
    rng = random.Random(2)
    texts = [audited(" ".join(rng.sample(WORDS, 8)), rng.choice(LABELS), answer=rng.choice(LABELS)) for _ in range(200)]
    seen = found(texts, rows(texts))
    assert abs(seen.estimate) < 0.1
    assert seen.low < 0


def test_nor_do_its_near_duplicates() -> None:
    rng = random.Random(3)
    texts, new = [], []
    for _ in range(200):
        story = rng.sample(WORDS, 8)
        label = rng.choice(LABELS)
        texts.append(audited(" ".join(story), label, answer=rng.choice(LABELS)))
        new += [Labelled(text=" ".join([*story[:7], f"agency{number}"]), label=label) for number in range(3)]
    seen = found(texts, [*rows(texts), *new])
    assert abs(seen.estimate) < 0.12
    assert seen.low < 0


def test_rows_that_say_what_the_model_says_change_no_answer() -> None:
    texts = [audited(text, label, answer=label) for text, label in OLD[:2]] * 50
    seen = found(texts, rows(texts))
    assert (seen.right, seen.mended, seen.broken) == (100, 0, 0)
    assert seen.low < 0


def test_no_training_gains_more_than_all_errors() -> None:
    rng = random.Random(4)
    wrong = topic(rng, 3)
    texts = [*wrong, *(audited("shares of the bank fall", "Business", answer="Business", sure=0.9) for _ in range(97))]
    assert found(texts, rows(texts), alpha=0.4999).low <= 0.03


def test_a_label_that_the_model_does_not_have_counts_for_nothing() -> None:
    texts = topic(random.Random(5), 20)
    assert found(texts, [Labelled(text="fusion reactor", label="Energy")]).mended == 0


def test_without_texts_nothing_is_shown() -> None:
    assert found([], []).low <= 0


def test_looked_at_after_every_fifth_label_the_bound_is_ever_wrong_as_rarely_as_promised() -> None:
    rng = random.Random(6)
    wrong = 0
    for _ in range(300):
        counts = Counter[int]()
        for _ in range(120):
            counts.update(rng.choices((0, 1, -1), (90, 5, 5), k=5))
            if lowest_gain(mended=counts[1], broken=counts[-1], same=counts[0], alpha=0.05) > 0:
                wrong += 1
                break
    assert wrong <= 0.05 * 300 + 2 * (300 * 0.05 * 0.95) ** 0.5


def test_the_bound_comes_closer_with_more_texts() -> None:
    lows = [lowest_gain(mended=6 * n, broken=2 * n, same=92 * n, alpha=0.05) for n in (1, 2, 5, 20, 100)]
    assert lows == sorted(lows)
    assert 0.03 < lows[-1] < 0.04


def test_time_is_linear_in_the_rows() -> None:
    """Even where every text has the same words: near duplicates are looked for among a few."""

    def took(count: int) -> float:
        texts = [audited(f"a b c d e f g h word{number}", "Health", answer="Business") for number in range(count)]
        started = time.process_time()
        found(texts, rows(texts))
        return time.process_time() - started

    took(200)
    assert took(1_200) < 3.5 * min(took(600) for _ in range(2))
