"""Tests the load client on a small real server: it counts every answer, and failures by kind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from benchmarks.serving.servers import client, figures

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"label":"a"}'
REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
WRONG = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Reply = Callable[[bytes], Awaitable[bytes]]


def load_on(reply: Reply, **plan: Any) -> tuple[dict[str, Any], list[bytes]]:
    """Figures of a load on a server that answers a body with ``reply`` (nothing: it hangs up); the bodies it got."""
    bodies = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
                bodies.append(await reader.readexactly(int(length.split(b":")[1])))
                answer = await reply(bodies[-1])
                if not answer:
                    break
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def run() -> dict[str, Any]:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        where = {"host": "127.0.0.1", "port": server.sockets[0].getsockname()[1], "path": "/invocations"}
        asked = {"bodies": ["one", "two"], "expect": '"label"', "clients": 2, "seconds": 0.4, "warm_up": 0.05}
        load = client.Load({**where, **asked, "limit_seconds": 10, **plan})
        await load.run()
        server.close()
        return load.tally.figures(cpu_seconds=0.1, wall_seconds=1.0)

    return asyncio.run(run()), bodies


async def answer(_: bytes) -> bytes:
    await asyncio.sleep(0.001)
    return ANSWER


def test_closed_loop_sends_the_bodies_in_turn_and_counts_every_answer() -> None:
    summary, bodies = load_on(answer)
    assert summary["statuses"] == {"200": len(bodies)}
    assert set(bodies) == {b"one", b"two"}
    # Requests of the warm-up are not in them.
    assert 0 < len(summary["milliseconds"]) == summary["due"] < len(bodies)
    assert min(summary["milliseconds"]) >= 1
    assert summary["cpu_share"] == 0.1


def test_refusals_wrong_answers_hang_ups_and_silence_are_counted_apart() -> None:
    replies = {b"a": ANSWER, b"b": REFUSED, b"c": WRONG, b"d": b""}

    async def reply(body: bytes) -> bytes:
        if body == b"e":
            await asyncio.sleep(30)
        return replies.get(body, ANSWER)

    summary, bodies = load_on(reply, bodies=[*"abcde"], clients=5, limit_seconds=2)
    sent = Counter(bodies)
    assert summary["statuses"] == {
        "200": sent[b"a"],
        "503": sent[b"b"],
        client.WRONG: sent[b"c"],
        client.CONNECTION: sent[b"d"],
        client.TIMEOUT: sent[b"e"],
    }
    assert figures.errors(summary["statuses"]) == len(bodies) - sent[b"a"]


def test_open_loop_times_a_request_from_when_it_was_due() -> None:
    async def slow(_: bytes) -> bytes:
        await asyncio.sleep(0.05)
        return ANSWER

    summary, bodies = load_on(slow, rate=100.0, clients=1, seconds=0.3, warm_up=0.0)
    # One connection answers 20 a second, so each waits for all before it: the last was due within 300 ms.
    assert summary["due"] == len(bodies) == len(summary["milliseconds"]) > 10
    assert max(summary["milliseconds"]) >= 50 * len(bodies) - 300
    assert summary["requests_per_s"] < summary["due"] / 0.3


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n", None),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{", None),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}", (400, b"{}", False)),
        (b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", (204, b"", True)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", None),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            (200, b"2\r\n{}\r\n0\r\n\r\n", False),
        ),
    ],
)
def test_an_answer_is_whole_when_all_of_it_has_come(received: bytes, whole: object) -> None:
    assert client.whole_answer(received) == whole
