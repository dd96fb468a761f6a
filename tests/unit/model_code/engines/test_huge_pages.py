"""2 MB pages: requested where a whole one fits, without changing memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_code.serving.engines import huge_pages


def test_huge_pages_are_asked_for_where_a_whole_one_fits(tmp_path: Path) -> None:
    size = huge_pages.HUGE_PAGE
    maps = tmp_path / "maps"
    maps.write_text(
        f"{size + 4096:x}-{4 * size:x} rw-p 00000000 00:00 0 \n"
        f"{10 * size + 4096:x}-{11 * size:x} rw-p 00000000 00:00 0 \n"  # no whole one
        f"{20 * size:x}-{22 * size:x} r--p 00000000 00:00 0 \n"
        f"{30 * size:x}-{32 * size:x} rw-p 00000000 00:00 0 [heap]\n"
        f"{40 * size:x}-{42 * size:x} rw-p 00000000 fd:00 7 /usr/lib/model.bin\n"
        f"{50 * size:x}-{52 * size:x} rw-p 00000000 00:00 0 [stack]\n",
        encoding="ascii",
    )
    assert list(huge_pages._regions(maps)) == [(2 * size, 4 * size), (30 * size, 32 * size)]
    assert huge_pages.use(tmp_path / "no map here") == 0


def test_asking_for_huge_pages_changes_no_memory() -> None:
    values = np.random.default_rng(3).integers(0, 255, 16 << 20, dtype=np.uint8)
    before = values.copy()
    huge_pages.use()
    assert (values == before).all()
