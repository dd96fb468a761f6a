"""Texts to classify at the end of the demo: from the user's file, or a few headlines."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from dataset_files import texts as dataset_texts
from dataset_files.errors import FileError

COUNT = 8
_MAX_CHARACTERS = 2000
_ROWS_READ = 20_000
HEADLINES = (
    "Shares slide as bank warns of higher interest rates",
    "Singer announces world tour after surprise album",
    "New vaccine cuts flu cases among older adults, study finds",
    "Astronomers spot a planet with water in its clouds",
    "Carmaker to buy battery supplier for $2 billion",
    "Actor to star in sequel to hit space film",
    "Doctors warn of measles outbreak in three states",
    "Phone maker unveils tablet with faster chip",
)


def texts(places: Sequence[Path], *, text_column: str | None, encoding: str | None = None) -> list[str]:
    """Eight texts spread over the files, or those of the folders, as the training job reads them.

    The built-in headlines without a file, or if none has texts, which the training job says.
    """
    if not places:
        return list(HEADLINES)
    try:
        found = dataset_texts.of(places, text_column=text_column or "", encoding=encoding or "")
        candidates = [text for text in islice(found, _ROWS_READ) if len(text) <= _MAX_CHARACTERS]
    except FileError:
        return list(HEADLINES)
    return spread(candidates, COUNT) or list(HEADLINES)


def spread(values: Sequence[str], count: int) -> list[str]:
    """`count` distinct values at even distances, or fewer if there are not enough."""
    distinct = list(dict.fromkeys(values))
    step = max(len(distinct) / count, 1.0)
    return [distinct[int(position * step)] for position in range(min(count, len(distinct)))]
