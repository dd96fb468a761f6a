"""Batches of concurrent requests: word pieces a run, turns, deadlines, callers that leave, failures."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import numpy as np
import pytest

from model_code.serving.lean import batching
from model_code.serving.lean.batching import Answer, Batcher, DeadlineError, Run

Text = Sequence[int]


def text(number: int, length: int = 10) -> Text:
    """A text of ``length`` word pieces that the fake model answers with ``number``."""
    return [number] * length


class Model:
    """Answers each text with its number; stops at the first run until it is let go."""

    def __init__(self, *, failing: int = -1) -> None:
        self.runs: list[list[Text]] = []
        self.started = threading.Event()
        self.release = threading.Event()
        self.failing = failing

    def predict(self, texts: Sequence[Text]) -> np.ndarray:
        self.runs.append(list(texts))
        self.started.set()
        assert self.release.wait(20)
        if any(each[0] == self.failing for each in texts):
            raise RuntimeError("the model failed")
        return np.array([[float(each[0])] for each in texts])


def numbers(answer: Answer) -> list[float]:
    return [float(row) for row in answer.probabilities[:, 0]]


def held_at_first_run(
    model: Model, scenario: Callable[[Batcher], Coroutine[Any, Any, None]], *, max_tokens: int = 100, lanes: int = 1
) -> list[Run]:
    """Run ``scenario`` while the model is busy with another text; returns the batcher's reports."""
    reported: list[Run] = []

    async def run() -> None:
        batcher = Batcher(model.predict, lanes=lanes, max_tokens=max_tokens, on_run=reported.append)
        first = asyncio.create_task(batcher.predict([text(0)]))
        while not model.started.is_set():
            await asyncio.sleep(0.001)
        try:
            await scenario(batcher)
            assert numbers(await first) == [0.0]
        finally:
            model.release.set()
            await asyncio.to_thread(batcher.close)

    asyncio.run(run())
    return reported


async def queued(batcher: Batcher, *requests: Sequence[Text], **options: Any) -> list[asyncio.Task[Answer]]:
    tasks = [asyncio.create_task(batcher.predict(request, **options)) for request in requests]
    await asyncio.sleep(0)
    return tasks


def test_what_arrives_during_a_run_forms_the_next_and_each_gets_its_own() -> None:
    model = Model()

    async def scenario(batcher: Batcher) -> None:
        tasks = await queued(batcher, *([text(number)] for number in range(1, 11)))
        model.release.set()
        answers = await asyncio.gather(*tasks)
        assert [numbers(answer) for answer in answers] == [[float(number)] for number in range(1, 11)]
        assert {answer.batch for answer in answers} == {10}
        assert min(answer.waited for answer in answers) > 0

    reported = held_at_first_run(model, scenario)
    assert [(run.texts, run.tokens) for run in reported] == [(1, 10), (10, 100)]


def test_runs_keep_the_token_budget_and_answers_their_order() -> None:
    model = Model()
    lengths = [int(length) for length in np.random.default_rng(5).integers(1, 60, 200)]

    async def scenario(batcher: Batcher) -> None:
        tasks = await queued(batcher, [text(n, length) for n, length in enumerate(lengths)])
        model.release.set()
        assert numbers(await tasks[0]) == [float(n) for n in range(200)]

    held_at_first_run(model, scenario)
    sizes = [sum(map(len, run)) for run in model.runs[1:]]
    assert max(sizes) <= 100
    assert len(sizes) < sum(lengths) / 50
    spread = [max(map(len, run)) - min(map(len, run)) for run in model.runs[1:]]
    assert max(spread) < 20  # texts of like length run together


def test_a_text_longer_than_the_budget_runs_alone() -> None:
    model = Model()

    async def scenario(batcher: Batcher) -> None:
        tasks = await queued(batcher, [text(1, 500)], [text(2)])
        model.release.set()
        assert [numbers(answer) for answer in await asyncio.gather(*tasks)] == [[1.0], [2.0]]

    held_at_first_run(model, scenario)
    assert [len(run) for run in model.runs] == [1, 1, 1]


def test_a_long_list_does_not_hold_up_a_short_request() -> None:
    model = Model()

    async def scenario(batcher: Batcher) -> None:
        long, short = await queued(batcher, [text(1)] * 1000, [text(2)])
        model.release.set()
        await short
        assert text(2) in model.runs[1]  # it has its share of the very next run
        assert not long.done()
        assert numbers(await long) == [1.0] * 1000

    held_at_first_run(model, scenario)


def test_a_request_past_its_deadline_is_not_computed() -> None:
    model = Model()

    async def scenario(batcher: Batcher) -> None:
        late, patient = await queued(batcher, [text(1)], seconds=0.02) + await queued(batcher, [text(2)], seconds=20)
        with pytest.raises(DeadlineError):
            await late
        model.release.set()
        assert numbers(await patient) == [2.0]

    held_at_first_run(model, scenario)
    assert [run[0][0] for run in model.runs] == [0, 2]


def test_a_list_that_has_begun_is_finished_past_its_deadline() -> None:
    model = Model()

    async def scenario(batcher: Batcher) -> None:
        model.release.set()
        await asyncio.sleep(0.05)
        model.release.clear()
        model.started.clear()
        (begun,) = await queued(batcher, [text(1)] * 50, seconds=0.02)
        while not model.started.is_set():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.1)
        model.release.set()
        assert numbers(await begun) == [1.0] * 50

    held_at_first_run(model, scenario)


def test_a_caller_that_leaves_is_not_computed() -> None:
    model = Model()

    async def scenario(batcher: Batcher) -> None:
        gone, stays = await queued(batcher, [text(1)] * 30, [text(2)])
        gone.cancel()
        model.release.set()
        assert numbers(await stays) == [2.0]
        with pytest.raises(asyncio.CancelledError):
            await gone

    held_at_first_run(model, scenario)
    assert [run[0][0] for run in model.runs] == [0, 2]


def test_a_failed_run_fails_its_requests_alone() -> None:
    model = Model(failing=1)

    async def scenario(batcher: Batcher) -> None:
        failing, beside = await queued(batcher, [text(1)], [text(2)])
        model.release.set()
        for each in (failing, beside):
            with pytest.raises(RuntimeError, match="the model failed"):
                await each
        assert numbers(await batcher.predict([text(3)] * 25)) == [3.0] * 25
        assert batcher.running_seconds() == 0

    held_at_first_run(model, scenario)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        ([[text(n)] for n in range(8)], [4, 4]),
        ([[text(n) for n in range(8)]], [4, 4]),
        ([[text(n)] for n in range(40)], [10, 10, 10, 10]),  # more than two runs may hold
        ([[text(0)]], [1]),
    ],
)
def test_lanes_share_what_waits_and_run_side_by_side(requests: list[list[Text]], expected: list[int]) -> None:
    model = Model()

    async def run() -> None:
        batcher = Batcher(model.predict, lanes=2, max_tokens=100)
        tasks = await queued(batcher, *requests)
        await until(lambda: len(model.runs) == min(len(expected), 2))
        assert batcher.running_seconds() > 0
        model.release.set()
        answers = await asyncio.gather(*tasks)
        wanted = [[float(each[0]) for each in request] for request in requests]
        assert [numbers(answer) for answer in answers] == wanted
        assert batcher.running_seconds() == 0
        batcher.close()

    asyncio.run(run())
    assert [len(run) for run in model.runs] == expected


def test_a_free_lane_takes_at_once_what_comes_while_another_runs() -> None:
    model = Model()

    async def scenario(batcher: Batcher) -> None:
        (second,) = await queued(batcher, [text(1)])
        await until(lambda: len(model.runs) == 2)
        (third,) = await queued(batcher, [text(2)])
        await asyncio.sleep(0.05)
        assert len(model.runs) == 2
        model.release.set()
        assert [numbers(answer) for answer in await asyncio.gather(second, third)] == [[1.0], [2.0]]

    held_at_first_run(model, scenario, lanes=2)
    assert len(model.runs) == 3


def test_a_lane_waits_for_its_callers_to_come_again_while_another_is_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "GATHER_SHARE", 1e9)
    monkeypatch.setattr(batching, "GATHER_SECONDS", 20)
    held, runs = threading.Event(), []

    def predict(texts: Sequence[Text]) -> np.ndarray:
        runs.append([each[0] for each in texts])
        if runs[-1][0] == 9:
            assert held.wait(20)
        return np.array([[float(each[0])] for each in texts])

    async def run() -> None:
        batcher = Batcher(predict, lanes=2, max_tokens=100)
        (long,) = await queued(batcher, [text(9)])
        await until(lambda: runs == [[9]])
        await asyncio.gather(*await queued(batcher, [text(1)], [text(2)], [text(3)]))
        (first,) = await queued(batcher, [text(4)])
        await asyncio.sleep(0.05)
        assert len(runs) == 2
        await asyncio.gather(first, *await queued(batcher, [text(5)], [text(6)]))  # the same number as before is enough
        held.set()
        await long
        await batcher.predict([text(7)])  # and nothing waits when no other lane is at work
        batcher.close()

    asyncio.run(run())
    assert runs == [[9], [1, 2, 3], [4, 5, 6], [7]]


def test_no_request_is_left_waiting_when_lanes_come_to_rest() -> None:
    async def run() -> None:
        batcher = Batcher(lambda texts: np.array([[float(each[0])] for each in texts]), lanes=2, max_tokens=100)

        async def client(number: int) -> None:
            for _ in range(200):
                assert numbers(await batcher.predict([text(number)])) == [float(number)]

        async with asyncio.timeout(60):
            await asyncio.gather(*(client(number) for number in range(3)))
        batcher.close()

    asyncio.run(run())


def test_a_model_that_answers_the_wrong_number_of_rows_fails_and_does_not_hang() -> None:
    async def run() -> None:
        batcher = Batcher(lambda _: np.zeros((1, 2)), lanes=1, max_tokens=100)
        with pytest.raises(RuntimeError, match="1 rows for 2 texts"):
            await asyncio.wait_for(batcher.predict([text(1), text(2)]), 10)
        batcher.close()

    asyncio.run(run())


def test_the_time_of_the_present_run_is_known() -> None:
    async def scenario(batcher: Batcher) -> None:
        await asyncio.sleep(0.01)
        assert batcher.running_seconds() > 0
        model.release.set()

    model = Model()
    held_at_first_run(model, scenario)


def test_the_only_caller_of_late_gets_every_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "QUIET_SECONDS", 0.3)
    alone: list[list[Text]] = []
    model = Model()

    def predict_alone(texts: Sequence[Text]) -> np.ndarray:
        alone.append(list(texts))
        return np.array([[float(each[0])] for each in texts])

    async def scenario() -> None:
        batcher = Batcher(model.predict, predict_alone=predict_alone, lanes=2, max_tokens=100)
        assert numbers(await batcher.predict([text(1)])) == [1.0]
        assert numbers(await batcher.predict([text(2)])) == [2.0]
        # Two texts are a run each; while the first is at work another text is not alone.
        two = asyncio.create_task(batcher.predict([text(3), text(4)]))
        while not model.started.is_set():
            await asyncio.sleep(0.001)
        beside = asyncio.create_task(batcher.predict([text(5)]))
        await asyncio.sleep(0.01)
        model.release.set()
        assert numbers(await two) == [3.0, 4.0]
        assert numbers(await beside) == [5.0]
        assert numbers(await batcher.predict([text(6)])) == [6.0]  # others may well come again
        await asyncio.sleep(0.35)
        assert numbers(await batcher.predict([text(7)])) == [7.0]
        batcher.close()

    asyncio.run(scenario())
    assert [[each[0] for each in run] for run in alone] == [[1], [2], [7]]
    assert sorted(each[0] for run in model.runs for each in run) == [3, 4, 5, 6]
