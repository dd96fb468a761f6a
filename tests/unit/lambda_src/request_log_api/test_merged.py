"""Shards are read as one list: each round continues where the last one ended."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from lambda_src.request_log_api.dal import Filter, Read
from lambda_src.request_log_api.merged import Merged
from lambda_src.request_log_api.slices import Slice

EVERYTHING = Slice(index="by_day", whole="2026-11-20", since="2026-11-20")


class Shards:
    """Stands for the table: places by shard; one query finds so many, newest first."""

    def __init__(self, places: dict[int, list[str]]) -> None:
        self._places = {shard: sorted(held, reverse=True) for shard, held in places.items()}
        self.queries = 0

    def read(self, where: Slice, shards: Mapping[int, str | None], *, most: int, only: Filter) -> dict[int, Read]:
        return {shard: self._query(shard, before, most) for shard, before in shards.items()}

    def _query(self, shard: int, before: str | None, most: int) -> Read:
        self.queries += 1
        rest = [place for place in self._places[shard] if before is None or place < before]
        found = rest[:most]
        # DynamoDB says where it stopped whenever it stopped at the limit, even at the end.
        last = found[-1] if len(found) == most else None
        return Read(items=[{"place": place} for place in found], last=last, looked_at=len(found))


def uneven(seed: int) -> dict[int, list[str]]:
    """Shards of very different sizes, some of them new and some of them old."""
    made = random.Random(seed)
    held: dict[int, list[str]] = {shard: [] for shard in range(5)}
    for number in range(80):
        shard = made.choice([0, 0, 0, 0, 1, 1, 2]) if number > 40 else made.choice([1, 2, 2, 2, 3])
        held[shard].append(f"{number:03d}")
    return held


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("texts", [1, 5, 23, 1_000])
def test_the_rounds_of_any_shards_make_one_list(seed: int, texts: int) -> None:
    held = uneven(seed)
    expected = sorted((place for places in held.values() for place in places), reverse=True)
    merged = Merged(Shards(held), EVERYTHING, shards=5)  # type: ignore[arg-type]
    found: list[Any] = []
    while not merged.ended:
        found += [item["place"] for item in merged.round(texts=texts)]
        if merged.reached is not None:
            assert found == [place for place in expected if place >= merged.reached], "all down to there, nothing below"
    assert found == expected
    assert merged.looked_at == len(expected)


def test_shards_that_were_read_to_their_end_are_not_asked_again() -> None:
    shards = Shards({0: ["5", "4", "3", "2", "1"], 1: ["9"], 2: []})
    merged = Merged(shards, EVERYTHING, shards=3)  # type: ignore[arg-type]
    while not merged.ended:
        merged.round(texts=6)
    assert shards.queries == 3 + 1
