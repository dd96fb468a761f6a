"""Gathers the texts of concurrent requests into runs of the model, several of them side by side.

A run uses one core, and there are as many runs at a time as cores: dividing one run among cores costs half as much
again, since they wait for each other (docs/benchmarks.md).
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, Any]
# While another lane is busy, a lane that has just answered waits for its callers' next requests: for this share of its
# run's time, at most so many seconds. Without the wait, most runs would have only the few texts that arrived first.
GATHER_SHARE, GATHER_SECONDS = 0.3, 0.005
QUIET_SECONDS = 0.2  # without concurrent requests, after which a single text gets every core
REQUESTS_PER_RUN = 8  # a request gets at most this fraction of a run: a long list must not delay short ones


class DeadlineError(Exception):
    """The request waited longer than its limit; nothing of it was computed."""


@dataclass(frozen=True)
class Run:
    """One run of the model: its texts and word pieces, and the seconds that it took."""

    texts: int
    tokens: int
    seconds: float


@dataclass(frozen=True)
class Answer:
    """Probabilities of shape (texts, labels), seconds until the first text's run began, and texts in that run."""

    probabilities: Matrix
    waited: float
    batch: int


class _Waiting:
    """A request's texts, shortest first: texts of similar length share a run with little padding."""

    def __init__(self, items: Sequence[Sized], answer: asyncio.Future[Answer]) -> None:
        self.items = items
        self.lengths = [len(item) for item in items]
        self.order = sorted(range(len(items)), key=self.lengths.__getitem__)
        self.answer = answer
        self.since = time.perf_counter()
        self.waited = 0.0
        self.batch = 0
        self.taken = 0
        self.tokens_left = sum(self.lengths)
        self.done = 0
        self.probabilities: Matrix | None = None

    def take(self, share: int, room: int) -> list[int]:
        """Positions of the next texts: one if it has at most ``room`` word pieces, more up to ``share`` together."""
        begin, tokens = self.taken, 0
        while self.taken < len(self.order):
            tokens += self.lengths[self.order[self.taken]]
            if tokens > (room if self.taken == begin else min(share, room)):
                break
            self.taken += 1
        self.tokens_left -= sum(self.lengths[position] for position in self.order[begin : self.taken])
        return self.order[begin : self.taken]

    def fill(self, positions: list[int], rows: Matrix) -> None:
        """Store the rows of these positions; the last ones complete the answer."""
        if self.probabilities is None:
            self.probabilities = np.empty((len(self.items), rows.shape[1]), rows.dtype)
        self.probabilities[positions] = rows
        self.done += len(positions)
        if self.done == len(self.items) and not self.answer.done():
            self.answer.set_result(Answer(self.probabilities, self.waited, self.batch))


_Part = tuple[_Waiting, list[int]]


class _Lane:
    """A thread for one run at a time, and when the current run began (0: none)."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self.began = 0.0


class Batcher:
    """Runs the model in several lanes; texts that arrive during a run form the next, unless a lane is idle."""

    def __init__(
        self,
        predict: Callable[[Sequence[Any]], Matrix],
        *,
        predict_alone: Callable[[Sequence[Any]], Matrix] | None = None,
        lanes: int,
        max_tokens: int,
        on_run: Callable[[Run], None] = lambda _: None,
    ) -> None:
        """``predict``: encodings -> (texts, labels), called from ``lanes`` threads at a time.

        ``predict_alone``: the same on all cores at once, for a single text of a single caller.
        ``max_tokens``: word pieces in a run, unless one text has more.
        """
        self._predict = predict
        self._predict_alone = predict_alone or predict
        self._max_tokens = max_tokens
        self._on_run = on_run
        self._waiting: deque[_Waiting] = deque()
        self._runners: set[asyncio.Task[None]] = set()
        self._lanes = [_Lane() for _ in range(lanes)]
        # The last lane used comes first: its core's caches are warm, which speeds up a single text.
        self._free = list(self._lanes)
        self._gathering: list[tuple[int, asyncio.Future[None]]] = []
        self._last_concurrent = float("-inf")  # when there were last two requests at once

    async def predict(self, encodings: Sequence[Sized], *, seconds: float | None = None) -> Answer:
        """Probabilities of at least one text; DeadlineError when no run took one of them within ``seconds``.

        A cancelled caller leaves the queue: the rest of its texts is never computed.
        """
        loop = asyncio.get_running_loop()
        request = _Waiting(encodings, loop.create_future())
        self._waiting.append(request)
        for requests, enough in self._gathering:
            if len(self._waiting) >= requests:
                _done(enough)
        self._wake()
        deadline = loop.call_later(seconds, _expire, request) if seconds is not None else None
        try:
            return await request.answer
        finally:
            if deadline is not None:
                deadline.cancel()

    def running_seconds(self) -> float:
        """How long the oldest current run has taken so far; 0 between runs."""
        began = min((lane.began for lane in self._lanes if lane.began), default=None)
        return 0.0 if began is None else time.perf_counter() - began

    def close(self) -> None:
        """End the model's threads."""
        for lane in self._lanes:
            lane.thread.shutdown(wait=True)

    def _wake(self) -> None:
        if len(self._runners) < len(self._lanes):
            self._runners.add(asyncio.get_running_loop().create_task(self._run()))

    async def _run(self) -> None:
        """Run until no request waits."""
        try:
            while parts := self._next():
                began = time.perf_counter()
                await self._compute(parts)
                await self._gather(len(parts), time.perf_counter() - began)
        finally:  # not later, when the task is done: a request that comes in between would wait forever
            self._runners.discard(asyncio.current_task())

    async def _gather(self, requests: int, seconds: float) -> None:
        """After a run of so many requests and ``seconds``, wait a moment for as many while another lane is busy."""
        if requests < 2 or len(self._waiting) >= requests or len(self._free) == len(self._lanes):
            return
        loop = asyncio.get_running_loop()
        gathering = (requests, loop.create_future())
        self._gathering.append(gathering)
        timer = loop.call_later(min(GATHER_SHARE * seconds, GATHER_SECONDS), _done, gathering[1])
        try:
            await gathering[1]
        finally:
            timer.cancel()
            self._gathering.remove(gathering)

    async def _compute(self, parts: list[_Part]) -> None:
        encodings = [request.items[position] for request, positions in parts for position in positions]
        lane = self._free.pop()
        lane.began = began = time.perf_counter()
        if self._waiting or len(parts) > 1 or len(self._free) < len(self._lanes) - 1:
            self._last_concurrent = began
        is_alone = len(encodings) == 1 and began - self._last_concurrent > QUIET_SECONDS
        predict = self._predict_alone if is_alone else self._predict
        if self._waiting:
            self._wake()  # other lanes take the rest
        for request, _ in parts:
            if not request.batch:
                request.waited, request.batch = began - request.since, len(encodings)
        try:
            rows = await asyncio.get_running_loop().run_in_executor(lane.thread, predict, encodings)
            if len(rows) != len(encodings):
                raise RuntimeError(f"the model answered {len(rows)} rows for {len(encodings)} texts")
            _hand_out(parts, rows)
        except Exception as error:  # noqa: BLE001 - handed to every caller of this run
            for request, _ in parts:
                if not request.answer.done():
                    request.answer.set_exception(error)
        finally:
            lane.began = 0.0
            self._free.append(lane)
        self._on_run(Run(len(encodings), sum(map(len, encodings)), time.perf_counter() - began))

    def _next(self) -> list[_Part]:
        """The parts of the next run: each waiting request, in order of arrival, gets a share of it.

        The waiting texts are divided among the free lanes.
        """
        parts: list[_Part] = []
        waiting = sum(request.tokens_left for request in self._waiting)
        room = min(self._max_tokens, -(-waiting // len(self._free)))
        share = max(1, self._max_tokens // REQUESTS_PER_RUN)
        while self._waiting:
            request = self._waiting[0]
            if request.answer.done():  # too late, or its caller is gone
                self._waiting.popleft()
                continue
            positions = request.take(share, room if parts else sys.maxsize)
            if not positions:
                break
            parts.append((request, positions))
            room -= sum(request.lengths[position] for position in positions)
            self._waiting.popleft()
            if request.taken < len(request.items):
                self._waiting.append(request)
        return parts


def _hand_out(parts: list[_Part], rows: Matrix) -> None:
    start = 0
    for request, positions in parts:
        request.fill(positions, rows[start : start + len(positions)])
        start += len(positions)


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _expire(request: _Waiting) -> None:
    if not request.taken and not request.answer.done():
        request.answer.set_exception(DeadlineError())
