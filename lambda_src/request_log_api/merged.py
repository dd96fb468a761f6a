"""The shards of a slice as one list, newest first."""

from __future__ import annotations

from contracts.logs.request_log import Item
from lambda_src.request_log_api.dal import Filter, RequestLog
from lambda_src.request_log_api.slices import Slice


class Merged:
    """A slice read from all its shards, in rounds of one query to each shard that has more.

    No later round returns a newer text: a text is held back until every shard has been read past it.
    """

    def __init__(self, log: RequestLog, where: Slice, *, shards: int, only: Filter | None = None) -> None:
        self._log = log
        self._where = where
        self._only = only or Filter()
        # The last place read in each shard; shards that were read to their end are removed.
        self._open: dict[int, str | None] = dict.fromkeys(range(shards), where.before)
        self._held: list[Item] = []
        self.looked_at = 0

    @property
    def ended(self) -> bool:
        """Whether all of it was read."""
        return not self._open

    @property
    def reached(self) -> str | None:
        """The place down to which all texts were returned; None before the first round and at the end."""
        return max((place for place in self._open.values() if place is not None), default=None)

    def round(self, *, texts: int) -> list[Item]:
        """The next texts, perhaps none. texts: how many to read at most, but at least one per shard."""
        most = max(1, texts // max(1, len(self._open)))
        for shard, read in self._log.read(self._where, self._open, most=most, only=self._only).items():
            self.looked_at += read.looked_at
            self._held += read.items
            self._open[shard] = read.last
            if read.last is None:
                del self._open[shard]
        bound = self.reached
        ready = [item for item in self._held if bound is None or item["place"] >= bound]
        self._held = [item for item in self._held if bound is not None and item["place"] < bound]
        return sorted(ready, key=lambda item: str(item["place"]), reverse=True)
