"""The mirror in a folder of this machine: made with internet, carried to where there is none."""

from __future__ import annotations

from pathlib import Path

from contracts.deployment import mirror
from ops.mirror.part import Part, below
from ops.mirror.transfers import Transfers


def faults(root: Path, part: Part) -> list[str]:
    """What is missing or differs, a clause each; every file is read."""
    folder = below(root, part)
    try:
        digests = mirror.read_sums((folder / mirror.SUMS).read_text("utf-8", errors="replace"))
    except FileNotFoundError:
        return [f"{folder} has no {mirror.SUMS}"]
    except mirror.SumsError as error:
        return [f"in {folder}, {error}"]
    lacks = part.lacking(digests)
    return [*([lacks] if lacks else []), *mirror.faults(folder, digests)]


def fill(root: Path, part: Part, transfers: Transfers) -> bool:
    """Download what is not there or differs; whether there was anything. Raises OpsError."""
    if not faults(root, part):
        return False
    folder = below(root, part)
    files = part.download(folder, transfers)
    written = folder / f"{mirror.SUMS}.part"
    written.write_text(mirror.sums({file.name: mirror.digest_of(file) for file in files}), encoding="utf-8")
    written.replace(folder / mirror.SUMS)
    return True


def digests(root: Path, part: Part) -> dict[str, str]:
    """The digests of a part that has no faults, by the file's name."""
    return mirror.read_sums((below(root, part) / mirror.SUMS).read_text("utf-8"))
