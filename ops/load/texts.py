"""The texts that a load test sends: generated ones of various lengths, the task's own, or the lines of a file."""

from __future__ import annotations

import csv
import itertools
import random
import subprocess
import sys
from pathlib import Path

from dataset_files import texts as dataset_texts
from dataset_files.errors import FileError
from environments.settings import Settings
from ops.deployment.cloud import ROOT
from ops.errors import OpsError

# It needs only the standard library.
GENERATOR = ROOT / "model_code" / "dataset_generator" / "generate_headlines.py"
ROWS, SEED = 2000, 11
LONGEST = 2000  # characters that the API accepts in one text
# How many headlines make up one text: mostly one, sometimes with a subtitle, rarely a whole paragraph.
LENGTHS, SHARES = (1, 2, 3, 12), (0.85, 0.10, 0.04, 0.01)


def of_task(settings: Settings, folder: Path, *, rows: int = ROWS) -> list[str]:
    """`rows` texts like those of the environment's callers; folder: for files that are needed on the way.

    Of an environment with a `task`, the dataset's own texts if it is on this machine, otherwise the task's examples,
    over and over; of any other, headlines.
    """
    if settings.task is None:
        return generated(folder, rows=rows)
    known = _of_dataset(settings) or [each.text for each in settings.task.words.examples]
    return list(itertools.islice(itertools.cycle(known), rows))


def _of_dataset(settings: Settings) -> list[str]:
    """The first texts of a dataset on this machine that the API accepts; none if it is elsewhere or not built."""
    dataset = settings.data.dataset
    places = [ROOT / Path(path).expanduser() for path in dataset.path or []]
    if not places:
        return []
    try:
        found = dataset_texts.of(places, text_column=dataset.text_column or "", encoding=dataset.encoding or "")
        return [text for text in itertools.islice(found, ROWS) if len(text) <= LONGEST]
    except FileError:
        return []


def generated(folder: Path, *, rows: int = ROWS, seed: int = SEED) -> list[str]:
    """`rows` texts of one to twelve generated headlines. The same arguments produce the same texts."""
    file = folder / "headlines.csv"
    command = [sys.executable, str(GENERATOR), "--output", str(file), "--rows", str(rows), "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it did not say why"])[-1]
        raise OpsError(f"The headlines could not be generated: {last}")
    with file.open(encoding="utf-8", newline="") as lines:
        headlines = [row["title"] for row in csv.DictReader(lines)]
    chance = random.Random(seed)
    counts = chance.choices(LENGTHS, SHARES, k=len(headlines))
    drawn = zip(headlines, counts, strict=True)
    return [". ".join([headline, *chance.sample(headlines, count - 1)]) for headline, count in drawn]


def from_file(file: Path) -> list[str]:
    """The lines of a text file, each a text. Raises OpsError if it cannot be read or has none."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except OSError as error:
        raise OpsError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OpsError(f"{file} is not UTF-8: save it as UTF-8, one text per line") from None
    texts = [line for line in lines if line]
    if not texts:
        raise OpsError(f"{file} has no texts: it needs one text per line")
    long = next((position for position, text in enumerate(texts, start=1) if len(text) > LONGEST), None)
    if long is not None:
        raise OpsError(f"{file}: text {long} has {len(texts[long - 1])} characters; the API accepts up to {LONGEST}")
    return texts
