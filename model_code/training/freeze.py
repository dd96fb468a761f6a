"""Folds the ledger into the rows of the next dataset version.

``python model_code/training/freeze.py request.json --folder out``. It exits with 0 when the folder has ``rows.csv``
(the version's file), ``pending.jsonl`` (rows of the ledger that are not in it, and why) and ``folded.json`` (counts),
or with 1 and one sentence on standard error.

The request is that of ``versions.folding.fold``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a file: replace its own folder with the one that holds model_code
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from contracts.datasets import manifest
from model_code.training.errors import TrainingError
from model_code.training.versions import folding
from model_code.training.versions.judge import STATES, Pending

FOLDED_FILE, PENDING_FILE = "folded.json", "pending.jsonl"


def _pending(each: Pending) -> dict[str, Any]:
    return {
        "row_id": each.folded.row_id,
        "state": each.state,
        "reason": each.reason,
        "label": each.folded.label,
        "base": each.base,
        "text": each.folded.text,
        "source": each.folded.source,
        "time": each.folded.time,
        "key_id": " ".join(each.folded.keys),
        "votes": each.folded.votes,
    }


def main(arguments: Sequence[str]) -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("request", type=Path)
    parser.add_argument("--folder", type=Path, required=True, help="write the three files here")
    options = parser.parse_args(arguments)
    try:
        done = folding.fold(json.loads(options.request.read_text(encoding="utf-8")))
    except TrainingError as error:
        print(error, file=sys.stderr)
        return 1
    (options.folder / manifest.ROWS_FILE).write_bytes(done.content)
    pending = sorted(done.pending, key=lambda each: (STATES.index(each.state), each.reason, each.folded.row_id))
    with (options.folder / PENDING_FILE).open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(_pending(each), ensure_ascii=False) + "\n" for each in pending)
    (options.folder / FOLDED_FILE).write_text(json.dumps(done.told, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
