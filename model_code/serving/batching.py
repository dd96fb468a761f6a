"""Gathers the texts of concurrent requests into one run of the model."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, Any]
CHUNK = 64  # texts of one request that are queued as a unit, so that a long list cannot hold up short ones for long


class QueueFullError(Exception):
    """More texts are waiting than the bound allows."""


class _Chunk:
    def __init__(self, texts: Sequence[str], answer: asyncio.Future[Matrix]) -> None:
        self.texts = texts
        self.answer = answer


class Batcher:
    """One model run at a time; what arrives meanwhile forms the next. Nothing waits while the model is idle."""

    def __init__(self, predict: Callable[[Sequence[str]], Matrix], *, max_batch: int, max_waiting: int) -> None:
        """``predict``: texts -> (texts, labels). ``max_batch``: texts a run. ``max_waiting``: texts queued at most."""
        self._predict = predict
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._waiting: deque[_Chunk] = deque()
        self._texts_waiting = 0
        self._runner: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")

    async def predict(self, texts: Sequence[str]) -> Matrix:
        """Probabilities of ``texts``; QueueFullError at once when the queue is full.

        A request longer than the whole bound is taken when nothing else waits.
        """
        if self._texts_waiting and self._texts_waiting + len(texts) > self._max_waiting:
            raise QueueFullError
        loop = asyncio.get_running_loop()
        chunks = [_Chunk(texts[start : start + CHUNK], loop.create_future()) for start in range(0, len(texts), CHUNK)]
        self._waiting.extend(chunks)
        self._texts_waiting += len(texts)
        if self._runner is None or self._runner.done():
            self._runner = loop.create_task(self._run())
        try:
            return np.concatenate(await asyncio.gather(*(chunk.answer for chunk in chunks)))
        finally:
            for chunk in chunks:  # the caller is gone or one chunk failed: what is left need not be computed
                chunk.answer.cancel()

    def close(self) -> None:
        """Let the model's thread end."""
        self._thread.shutdown(wait=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            chunks = self._next()
            if not chunks:
                continue
            texts = [text for chunk in chunks for text in chunk.texts]
            try:
                answers = await loop.run_in_executor(self._thread, self._predict, texts)
            except Exception as error:  # noqa: BLE001 - handed to every caller of this run
                for chunk in chunks:
                    if not chunk.answer.done():
                        chunk.answer.set_exception(error)
                continue
            start = 0
            for chunk in chunks:
                end = start + len(chunk.texts)
                if not chunk.answer.done():
                    chunk.answer.set_result(answers[start:end])
                start = end

    def _next(self) -> list[_Chunk]:
        chunks: list[_Chunk] = []
        size = 0
        while self._waiting and (not chunks or size + len(self._waiting[0].texts) <= self._max_batch):
            chunk = self._waiting.popleft()
            self._texts_waiting -= len(chunk.texts)
            if not chunk.answer.done():
                chunks.append(chunk)
                size += len(chunk.texts)
        return chunks
