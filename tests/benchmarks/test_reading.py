"""The benchmark of reading: its files are read whole, and the cost grows with the rows and no faster."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import reading

ROWS = list(reading.rows(1500, seed=3))


def figures(folder: Path, kind: str, times: int) -> dict[str, float]:
    """The least CPU of some readings in this process, and how many rows there were."""
    path = folder / kind
    reading.write(path, kind, ROWS * times, seed=4)
    done = [reading.read(path) for _ in range(3)]
    return min(done, key=lambda each: float(each["cpu_seconds"]))


@pytest.mark.parametrize("kind", reading.KINDS)
def test_eight_times_the_rows_cost_at_most_twenty_times_as_much(tmp_path: Path, kind: str) -> None:
    few, many = figures(tmp_path, kind, 4), figures(tmp_path, kind, 32)
    assert many["rows"] + many["left_out"] == 8 * (few["rows"] + few["left_out"]) == 32 * len(ROWS)
    assert (few["left_out"] > 0) == (kind == "odd")
    assert many["cpu_seconds"] < 20 * few["cpu_seconds"] + 0.05


def test_an_odd_line_in_a_hundred_costs_at_most_six_times_a_clean_file(tmp_path: Path) -> None:
    """Of lines that are read one by one, a part of the file is."""
    clean, odd = figures(tmp_path, "clean", 32), figures(tmp_path, "odd", 32)
    assert odd["cpu_seconds"] < 6 * clean["cpu_seconds"] + 0.05
