"""The WordPiece tokenizer of the compact model, learned from the training texts (decision 72)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import regex
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from model_code.training.data import scripts

PAD, UNKNOWN, START, END, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
SPECIAL_TOKENS = [PAD, UNKNOWN, START, END, MASK]
LETTERS_SHARE = 0.75  # of the vocabulary, at most, are single characters: the rest is for longer pieces
LONGEST_WORD = 40  # characters; a sentence without spaces is one "word", which is cut into such

# A mark distinguishes letters in most scripts. On a Latin letter it is left out, as people often do; on anything but a
# letter it only changes the looks (an emoji's variation selector).
_MARKS_TO_DROP = r"(?<=\p{Latin})\p{M}+|(?<![\p{L}\p{M}])\p{M}+"
_ALONE = r"\p{P}\p{S}"  # punctuation as BERT cuts it off, and symbols
_WORD = rf"[^\s{_ALONE}]"
_LONGER_WORD = regex.compile(rf"{_WORD}{{2,}}")


@dataclass(frozen=True)
class _Cutting:
    """How texts are cut before the vocabulary is applied.

    ``inside`` is before each piece that continues a word. Where words are not divided by spaces, a piece is the same
    wherever it stands, and ideographs form pieces of several, which a small model needs: one of a single layer sees
    pieces, not which of them are neighbours.
    """

    inside: str

    @classmethod
    def for_texts(cls, texts: Iterable[str]) -> _Cutting:
        return cls("" if scripts.is_unspaced(texts) else "##")

    def tokenizer(self, vocabulary: Mapping[str, int] | None = None, *, letters: Sequence[str] = ()) -> Tokenizer:
        """With this vocabulary, or one to be learned.

        Characters that are not among the ``letters`` of words are cut off: WordPiece knows a word whole or not at all.
        """
        tokenizer = Tokenizer(
            models.WordPiece(dict(vocabulary or {}), unk_token=UNKNOWN, continuing_subword_prefix=self.inside)
        )
        tokenizer.normalizer = normalizers.Sequence(
            [
                normalizers.BertNormalizer(handle_chinese_chars=bool(self.inside), strip_accents=False, lowercase=True),
                normalizers.NFD(),
                normalizers.Replace(Regex(_MARKS_TO_DROP), ""),
            ]
        )
        known = f"[{_ranges(letters)}]" if letters else _WORD
        cut_off = rf"[{_ALONE}]|{known}{{{LONGEST_WORD}}}\p{{M}}{{0,8}}"
        if letters:
            cut_off += f"|[^{known[1:]}"
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(cut_off), "isolated")]
        )
        return tokenizer


def train(texts: Iterable[str], *, vocab_size: int) -> PreTrainedTokenizerFast:
    """A lower-casing WordPiece tokenizer; the same texts in any order give the same vocabulary."""
    texts = list(texts)
    cutting = _Cutting.for_texts(texts)
    learned = cutting.tokenizer()
    letters, inside = _letters(learned, texts, room=int(LETTERS_SHARE * (vocab_size - len(SPECIAL_TOKENS))))
    twins = [f"{cutting.inside}{letter}" for letter in inside] if cutting.inside else []
    learned.train_from_iterator(
        texts,
        trainers.WordPieceTrainer(
            vocab_size=vocab_size,
            min_frequency=2,
            limit_alphabet=len(letters),
            initial_alphabet=letters,
            continuing_subword_prefix=cutting.inside,
            # The trainer numbers the letters inside words in the order of a hash table, which differs from run to run
            # and decides ties. As special tokens they have fixed numbers.
            special_tokens=[*SPECIAL_TOKENS, *twins],
            show_progress=False,
        ),
    )
    vocabulary = learned.get_vocab()
    tokenizer = cutting.tokenizer(vocabulary, letters=inside)
    tokenizer.post_processor = processors.BertProcessing((END, vocabulary[END]), (START, vocabulary[START]))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=START,
        sep_token=END,
        mask_token=MASK,
        model_input_names=["input_ids", "attention_mask"],
    )


def _letters(tokenizer: Tokenizer, texts: Iterable[str], *, room: int) -> tuple[list[str], list[str]]:
    """The most frequent characters that fit into ``room`` entries, and those of them that are ever part of a word.

    Such a one needs a second entry, for the inside of a word, unless that has no mark of its own. A character that
    always stands alone, as a symbol does, needs only one.
    """
    twins = bool(tokenizer.model.continuing_subword_prefix)
    counts, inside = Counter[str](), set[str]()
    for text in texts:
        normal = tokenizer.normalizer.normalize_str(text)
        counts.update(normal)
        inside.update(*_LONGER_WORD.findall(normal))
    letters = list[str]()
    for letter, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        if letter.isspace():
            continue
        room -= 2 if twins and letter in inside else 1
        if room < 0:
            break
        letters.append(letter)
    return letters, [letter for letter in letters if letter in inside]


def _ranges(letters: Iterable[str]) -> str:
    """The inside of a pattern's brackets that matches these characters."""
    runs = list[list[int]]()
    for code in sorted(map(ord, letters)):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in runs)
