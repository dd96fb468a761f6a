"""Tests which files an erasure searches."""

from __future__ import annotations

from ops.erase import batches, erasure


def test_every_file_of_a_batch_is_looked_at():
    """A file of texts may have a name like a file of answers."""
    names = ("in/a.jsonl", "in/a.csv", "in/a.out", "out/a.out.out", "failed.jsonl", "x")
    assert all(erasure._of_batch(f"batch/{name}") is batches.batch for name in names)
