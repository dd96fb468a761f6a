"""The WordPiece tokenizer of the compact model, learned from the training texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

PAD, UNKNOWN, START, END, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
LETTERS = 1000  # most frequent ones kept; a text in a large script keeps its rest as [UNK]
SPECIAL_TOKENS = [PAD, UNKNOWN, START, END, MASK]


def train(texts: Iterable[str], *, vocab_size: int) -> PreTrainedTokenizerFast:
    """A lower-casing WordPiece tokenizer; the same texts in any order give the same vocabulary."""
    normalizer = normalizers.BertNormalizer(lowercase=True)
    learned = _tokenizer(models.WordPiece(unk_token=UNKNOWN), normalizer)
    texts = list(texts)
    # The trainer numbers the letters inside words in the order of a hash table, which differs from run to run and
    # decides ties. As special tokens they have fixed numbers.
    letters = Counter(letter for text in texts for letter in normalizer.normalize_str(text) if not letter.isspace())
    inner = sorted(
        f"##{letter}" for letter, _ in sorted(letters.items(), key=lambda each: (-each[1], each[0]))[:LETTERS]
    )
    learned.train_from_iterator(
        texts,
        trainers.WordPieceTrainer(
            vocab_size=vocab_size,
            min_frequency=2,
            limit_alphabet=LETTERS,
            special_tokens=[*SPECIAL_TOKENS, *inner],
            show_progress=False,
        ),
    )
    vocabulary = learned.get_vocab()
    tokenizer = _tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN), normalizer)
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


def _tokenizer(model: models.WordPiece, normalizer: normalizers.Normalizer) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer
