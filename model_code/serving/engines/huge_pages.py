"""Asks Linux for 2 MB pages for this process's memory: each batch reads all of an encoder's weights.

With 4 KB pages, DistilBERT-base takes an eighth longer for a single text and a twentieth for a batch. Answers do not
change.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

MAPS = Path("/proc/self/maps")
SIZE = 2 << 20
MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25  # the second, since Linux 6.1, takes effect at once
ANONYMOUS_FIELDS = 5  # of a line of the map: the sixth would be a file's name


def use(maps: Path = MAPS) -> int:
    """Ask for one wherever it fits into this process's memory; bytes that were granted, 0 where there are none."""
    try:
        regions = list(_regions(maps))
        advise = ctypes.CDLL(None).madvise
    except (OSError, AttributeError, TypeError):
        return 0
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    asked = 0
    for start, end in regions:
        taken = [advise(start, end - start, advice) == 0 for advice in (MADV_HUGEPAGE, MADV_COLLAPSE)]
        asked += (end - start) * any(taken)
    return asked


def _regions(maps: Path) -> Iterator[tuple[int, int]]:
    """Private writable memory without a file behind it, cut to whole huge pages."""
    for line in maps.read_text(encoding="ascii", errors="replace").splitlines():
        fields = line.split()
        if fields[1] != "rw-p" or (len(fields) > ANONYMOUS_FIELDS and fields[5] != "[heap]"):
            continue
        first, last = (int(address, 16) for address in fields[0].split("-"))
        start, end = -(-first // SIZE) * SIZE, last // SIZE * SIZE
        if start < end:
            yield start, end
