"""The serving benchmark: its load on a small real server, what it watches, and its arithmetic."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from benchmarks.serving import prices
from benchmarks.serving.servers import client, figures, peers, processes, saturation, sizing
from model_code.serving import protocol

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
    told, bodies = load_on(answer)
    assert told["statuses"] == {"200": len(bodies)}
    assert set(bodies) == {b"one", b"two"}
    assert 0 < len(told["milliseconds"]) == told["due"] < len(bodies)  # what was sent while warming up is not in them
    assert min(told["milliseconds"]) >= 1
    assert told["cpu_share"] == 0.1


def test_refusals_wrong_answers_hang_ups_and_silence_are_told_apart() -> None:
    replies = {b"a": ANSWER, b"b": REFUSED, b"c": WRONG, b"d": b""}

    async def reply(body: bytes) -> bytes:
        if body == b"e":
            await asyncio.sleep(30)
        return replies.get(body, ANSWER)

    told, bodies = load_on(reply, bodies=[*"abcde"], clients=5, limit_seconds=2)
    sent = Counter(bodies)
    assert told["statuses"] == {
        "200": sent[b"a"],
        "503": sent[b"b"],
        client.WRONG: sent[b"c"],
        client.CONNECTION: sent[b"d"],
        client.TIMEOUT: sent[b"e"],
    }
    assert figures.errors(told["statuses"]) == len(bodies) - sent[b"a"]


def test_open_loop_times_a_request_from_when_it_was_due() -> None:
    async def slow(_: bytes) -> bytes:
        await asyncio.sleep(0.05)
        return ANSWER

    told, bodies = load_on(slow, rate=100.0, clients=1, seconds=0.3, warm_up=0.0)
    # One connection answers 20 a second, so each waits for all before it: the last was due within 300 ms.
    assert told["due"] == len(bodies) == len(told["milliseconds"]) > 10
    assert max(told["milliseconds"]) >= 50 * len(bodies) - 300
    assert told["requests_per_s"] < told["due"] / 0.3


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


def test_bodies_are_what_this_projects_servers_read() -> None:
    for texts in (["Oil falls"], ["Oil falls", 'a "quoted" one']):
        assert protocol.parse(peers.PEERS[peers.LEAN].body(texts), protocol.JSON).texts == texts
    assert peers.PEERS[peers.OURS].body is peers.PEERS[peers.LEAN].body is peers.PEERS[peers.DEFAULT].body


def test_infinity_is_left_out_where_it_has_no_release() -> None:
    assert peers.installable((3, 13)) == tuple(peers.PEERS)
    assert peers.installable((3, 14)) == (peers.DEFAULT, peers.OURS, peers.LEAN)


def test_a_servers_children_count_with_it() -> None:
    child = "import time; held = bytearray(b'x' * 40_000_000); print('up', flush=True); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], start_new_session=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout and process.stdout.readline() == b"up\n"
            found = processes.group(process.pid)
            assert len(found) == 2
            assert sum(found.values()) > 0
            with processes.Watch(process.pid) as watch:
                pass
            assert watch.peak_mb > 40
        finally:
            for each in processes.group(process.pid):
                subprocess.run(["kill", str(each)], check=True)


def ran(milliseconds: list[float], **others: Any) -> dict[str, Any]:
    statuses = others.pop("statuses", {"200": len(milliseconds)})
    usual = {"requests_per_s": 10.0, "due": 20, "peak_mb": 100.2, "cpu_seconds": 0.5, "cpu_share": 0.02}
    return {**usual, "milliseconds": milliseconds, "statuses": statuses, **others}


def test_percentiles_are_of_all_runs_requests_together() -> None:
    found = figures.level(
        [ran([1.0] * 99), ran([101.0], requests_per_s=20.0, peak_mb=300, statuses={"200": 1, "503": 2})], seconds=2.0
    )
    assert (found["p50_ms"], found["p95_ms"], found["p99_ms"]) == (1.0, 1.0, 2.0)
    assert (found["requests_per_s"], found["due_per_s"], found["peak_mb"]) == (15.0, 10.0, 300)
    assert found["statuses"] == {"200": 100, "503": 2}
    assert found["cpu_ms"] == 10.0


def test_a_server_that_answered_nothing_has_no_percentiles() -> None:
    found = figures.level([ran([], statuses={"503": 4})], seconds=1.0)
    assert found["p50_ms"] is found["cpu_ms"] is None


def test_ratios_are_to_the_default_handler() -> None:
    levels = {clients: {"requests_per_s": 20.0, "p50_ms": 50.0, "cpu_ms": 90.0} for clients in (1, 8, 32)}
    faster = {clients: {"requests_per_s": 400.0, "p50_ms": 4.0, "cpu_ms": 3.0} for clients in (1, 8, 32)}
    assert figures.ratios({peers.DEFAULT: levels, peers.LEAN: faster, peers.OURS: faster}) == {
        "throughput_ratio_32": 20.0,
        "p50_ratio_1": 0.08,
        "hf_ours_ratio_8": 20.0,
        "cpu_ratio_32": 30.0,
    }
    assert set(figures.ratios({peers.LEAN: faster}).values()) == {None}


def test_saturation_is_the_highest_rate_that_a_server_keeps_up_with() -> None:
    asked = []

    def ask(rate: float) -> dict[str, Any]:
        asked.append(rate)
        return {
            "statuses": {"200": 9},
            "p95_ms": 5.0 if rate <= 80 else 500.0,
            "requests_per_s": rate,
            "due_per_s": rate,
        }

    assert saturation.find(ask, throughput=100.0, steps=8) == pytest.approx(80, abs=1)
    assert len(asked) == 8
    assert saturation.find(lambda rate: {**ask(rate), "statuses": {"503": 1}}, throughput=100.0, steps=3) == 0


@pytest.mark.parametrize(
    "spoilt", [{"statuses": {"200": 9, "503": 1}}, {"p95_ms": 101.0}, {"p95_ms": None}, {"requests_per_s": 90.0}]
)
def test_what_a_server_does_not_sustain(spoilt: dict[str, Any]) -> None:
    good = {"statuses": {"200": 9}, "p95_ms": 99.0, "requests_per_s": 99.0, "due_per_s": 100.0}
    assert saturation.sustained(good)
    assert not saturation.sustained({**good, **spoilt})


def test_the_autoscaling_target_is_half_of_saturation_a_minute_scaled_to_the_instance() -> None:
    assert saturation.target_invocations(101.0, cores=2, vcpus=2) == 3000
    assert saturation.target_invocations(101.0, cores=2, vcpus=4) == 6000


def test_settings_compared_use_all_cores_and_at_most_each_worker_all() -> None:
    def pairs(cores: int) -> list[tuple[str | None, str]]:
        return [
            (each.get("SAGEMAKER_MODEL_SERVER_WORKERS"), each["RUBRIC_THREADS"]) for _, each in sizing.settings(cores)
        ]

    assert pairs(1) == [("1", "1"), (None, "1")]
    assert pairs(2) == [("1", "2"), ("2", "1"), ("2", "2"), (None, "1"), (None, "2")]


def test_serverless_memory_leaves_a_quarter_to_spare() -> None:
    assert [sizing.serverless_memory(peak) for peak in (800, 820, 1700, 5000)] == [1024, 2048, 3072, None]


def test_price_of_a_million_texts() -> None:
    # 100 texts a second on 2 threads are 200 on 4: a million take 5000 s.
    price = prices.INSTANCES["ml.c7i.xlarge"].usd_per_hour
    assert prices.usd_per_million("ml.c7i.xlarge", 100.0, cores=2) == pytest.approx(price * 5000 / 3600)
    assert prices.usd_per_million("ml.c7i.xlarge", 0.0, cores=2) is None


def test_tables_leave_missing_figures_empty() -> None:
    nothing = figures.level([ran([], statuses={"503": 4})], seconds=1.0)
    table = figures.table({peers.LEAN: {8: nothing}}, {peers.LEAN: 1.25})
    assert table.splitlines()[-1] == "| lean container | 8 | 10.0 |  |  |  |  | 100 | 1.2 | 4 |"
    assert figures.price_table({peers.LEAN: 0.0}, cores=2).splitlines()[-1] == "| ml.m7i.2xlarge | 0.484 |  |"
