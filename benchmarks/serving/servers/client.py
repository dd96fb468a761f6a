"""Load on one server over HTTP/1.1 kept-alive connections, from a process of its own that costs the server little CPU.

    python -m benchmarks.serving.servers.client < plan.json

Plan: ``host``, ``port``, ``path``, ``bodies`` (JSON bodies to send, over and over), ``expect`` (what a right answer's
body holds), ``clients``, ``seconds``, ``warm_up`` (seconds before those, not measured), ``rate`` and ``limit_seconds``
(a request that takes longer has failed). Without ``rate`` each client sends its next request when it has the answer to
the one before (closed loop). With it requests become due at that many a second, at random, whether or not a client is
free, and their time counts from then (open loop). Last line: one JSON object, see ``Tally.figures``.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

OK = "200"
WRONG = "wrong answer"
CONNECTION = "connection"
TIMEOUT = "timeout"
SEED = 13


def request_bytes(*, host: str, port: int, path: str, body: str) -> bytes:
    """A whole POST request."""
    data = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def whole_answer(received: bytes | bytearray) -> tuple[int, bytes, bool] | None:
    """Status, body and whether the server closes afterwards, once all of it has been received; None before."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    lines = bytes(received[:end]).lower().split(b"\r\n")
    headers = dict(line.split(b":", 1) for line in lines[1:] if b":" in line)
    body = bytes(received[end + 4 :])
    if b"chunked" in headers.get(b"transfer-encoding", b""):
        if not body.endswith(b"0\r\n\r\n"):
            return None
    elif len(body) < int(headers.get(b"content-length", b"0")):
        return None
    return int(lines[0].split()[1]), body, b"close" in headers.get(b"connection", b"")


class Connection(asyncio.Protocol):
    """One connection, one request at a time; it reconnects when the server has closed."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer; ConnectionError when none comes."""
        loop = asyncio.get_running_loop()
        if self._transport is None or self._transport.is_closing():
            self._transport, _ = await loop.create_connection(lambda: self, *self._address)
        self._received.clear()
        self._answer = loop.create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Let the connection go."""
        if self._transport:
            self._transport.abort()
            self._transport = None

    def data_received(self, data: bytes) -> None:
        """Part of an answer."""
        self._received += data
        whole = whole_answer(self._received)
        if whole and self._answer and not self._answer.done():
            if whole[2]:
                self.close()
            self._answer.set_result(whole[:2])

    def connection_lost(self, error: Exception | None) -> None:
        """The server has closed."""
        self._transport = None
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server closed the connection"))


@dataclass
class Tally:
    """What happened. Times are of ``time.perf_counter``; ``begin`` and ``end`` bound what is measured."""

    begin: float
    end: float
    statuses: Counter[str] = field(default_factory=Counter)
    completed: int = 0
    due: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def add(self, result: str, *, start: float, now: float) -> None:
        """A request that was due at ``start`` has ended ``now``."""
        self.statuses[result] += 1
        if self.begin <= start < self.end:
            self.due += 1
            if result == OK:
                self.milliseconds.append((now - start) * 1000)
        if result == OK and self.begin <= now < self.end:
            self.completed += 1

    def figures(self, *, cpu_seconds: float, wall_seconds: float) -> dict[str, Any]:
        """``requests_per_s``: answered within the measured time. ``due``: requests that became due within it.

        ``milliseconds``: how long those took that were answered rightly. ``statuses``: all requests by HTTP status, or
        what went wrong. ``cpu_share``: of one core, that this process used.
        """
        return {
            "requests_per_s": self.completed / (self.end - self.begin),
            "due": self.due,
            "milliseconds": [round(each, 3) for each in self.milliseconds],
            "statuses": dict(self.statuses),
            "cpu_share": round(cpu_seconds / wall_seconds, 4),
        }


class Load:
    """One plan being carried out."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        where = {name: plan[name] for name in ("host", "port", "path")}
        self._requests = [request_bytes(**where, body=body) for body in plan["bodies"]]
        self._sent = 0
        self._expect: bytes = plan["expect"].encode()
        now = time.perf_counter()
        self.tally = Tally(now + plan["warm_up"], now + plan["warm_up"] + plan["seconds"])

    async def run(self) -> None:
        """Until the time is over and every request has its answer."""
        if self._plan.get("rate"):
            await self._open_loop(self._plan["rate"])
        else:
            await asyncio.gather(*(self._closed_loop() for _ in range(self._plan["clients"])))

    async def _ask(self, connection: Connection, *, start: float) -> None:
        request = self._requests[self._sent % len(self._requests)]
        self._sent += 1
        try:
            async with asyncio.timeout(self._plan["limit_seconds"]):
                status, body = await connection.ask(request)
            result = str(status)
            if result == OK and self._expect not in body:
                result = WRONG
        except TimeoutError:
            connection.close()
            result = TIMEOUT
        except OSError:
            connection.close()
            result = CONNECTION
            await asyncio.sleep(0.05)  # a server that is gone must not be asked as fast as this can
        self.tally.add(result, start=start, now=time.perf_counter())

    def _connection(self) -> Connection:
        return Connection(self._plan["host"], self._plan["port"])

    async def _closed_loop(self) -> None:
        connection = self._connection()
        while (start := time.perf_counter()) < self.tally.end:
            await self._ask(connection, start=start)
        connection.close()

    async def _open_loop(self, rate: float) -> None:
        chance = random.Random(SEED)
        due: deque[float] = deque()
        free = [self._connection() for _ in range(self._plan["clients"])]
        running: set[asyncio.Task[None]] = set()

        async def work(connection: Connection) -> None:
            while due:
                await self._ask(connection, start=due.popleft())
            free.append(connection)

        following = time.perf_counter()
        while following < self.tally.end:
            await asyncio.sleep(max(0.0, following - time.perf_counter()))
            while following < self.tally.end and following <= time.perf_counter():
                due.append(following)
                following += chance.expovariate(rate)
                if free:
                    task = asyncio.create_task(work(free.pop()))
                    running.add(task)
                    task.add_done_callback(running.discard)
        await asyncio.gather(*running)
        for connection in free:
            connection.close()


def main(_: Sequence[str]) -> int:
    """Carry out the plan on standard input; 0."""
    wall, cpu = time.perf_counter(), time.process_time()
    load = Load(json.load(sys.stdin))
    asyncio.run(load.run())
    spent = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall}
    print(json.dumps(load.tally.figures(**spent)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
