"""The whole API under load on the local AWS: its throughput, its failures, and whether all requests are logged.

    make bench-api [ARGS="--minutes 5"]        or  python -m benchmarks.deployed.api

It runs on the local AWS of `make demo`. Each client sends one headline at a time, the next when it has the answer:
first a few seconds for each number of clients, then the minutes with the number that got the most answers. Afterwards
each answer's request id is looked up in the request log. The last line is one JSON object; the exit status is 1 when a
request failed or is missing from the log.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

import httpx

from benchmarks.deployed import local
from benchmarks.screen import Line
from contracts.deployment import stack_outputs
from model_code.dataset_generator.generate_headlines import headlines

GOAL_PER_S = 200
CLIENTS = (1, 4, 8, 16)
TRY_SECONDS = 10.0
QUEUE_SECONDS = 240.0


@dataclass
class Answers:
    """The answers: HTTP statuses (0: no answer), milliseconds, request ids."""

    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Answers with status 200 per second."""
        return self.statuses[200] / self.seconds


def load(url: str, key: str, texts: list[str], *, clients: int, seconds: float) -> Answers:
    """Send requests for `seconds` from `clients` threads, each with its own connection."""
    answers, lock, numbers = Answers(seconds), threading.Lock(), count()
    end = time.perf_counter() + seconds

    def ask() -> None:
        with httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=40) as api:
            while (started := time.perf_counter()) < end:
                text = texts[next(numbers) % len(texts)]
                try:
                    answer = api.post("v1/classify", json={"inputs": text})
                    status, name = answer.status_code, answer.headers.get("x-request-id", "")
                except httpx.HTTPError:
                    status, name = 0, ""
                took = (time.perf_counter() - started) * 1000
                with lock:
                    answers.statuses[status] += 1
                    answers.milliseconds.append(took)
                    answers.ids.append(name)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def logged(environment: dict[str, str]) -> set[str]:
    """The request ids of the log, once its dead-letter queue is empty."""
    queues, end = local.client("sqs", environment), time.monotonic() + QUEUE_SECONDS
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while time.monotonic() < end:
        urls = queues.list_queues(QueueNamePrefix="Rubric-local-Api").get("QueueUrls", [])
        counts = (queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls)
        if not any(int(value) for each in counts for value in each.values()):
            break
        time.sleep(2)
    table = local.outputs("Data", environment)[stack_outputs.REQUEST_LOG_TABLE_NAME]
    pages = local.client("dynamodb", environment).get_paginator("scan")
    wanted = {"ProjectionExpression": "request_id"}
    return {item["request_id"]["S"] for page in pages.paginate(TableName=table, **wanted) for item in page["Items"]}


def main() -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks.deployed.api", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--minutes", type=float, default=5.0, help="how long to run at the best number of clients (default: 5)"
    )
    options = parser.parse_args()
    environment = local.environment()
    if environment is None:
        print("bench-api: no local AWS is running; start one with `make demo`", file=sys.stderr)
        return 1

    url = local.outputs("Api", environment)[stack_outputs.API_URL].rstrip("/") + "/"
    key = local.new_key(environment, "--unlimited", "--over-share", "--scopes", "classify")
    texts = [text for text, _ in headlines(5_000, seed=11)]
    line = Line(total=len(CLIENTS) + 2)
    tried = {}
    load(url, key, texts, clients=max(CLIENTS), seconds=TRY_SECONDS)  # starts the functions
    for clients in CLIENTS:
        line.begin(f"{clients} clients")
        tried[clients] = load(url, key, texts, clients=clients, seconds=TRY_SECONDS).per_second
        line.end(f"{tried[clients]:.1f} requests/s")
    best = max(tried, key=lambda clients: tried[clients])
    line.begin(f"{best} clients for {options.minutes:g} minutes")
    answers = load(url, key, texts, clients=best, seconds=options.minutes * 60)
    line.end(f"{answers.per_second:.1f} requests/s, {dict(answers.statuses)}")
    line.begin("the request log")
    missing = set(answers.ids) - logged(environment)
    line.end(f"{len(missing)} of {len(answers.ids)} missing")

    failed = sum(number for status, number in answers.statuses.items() if status != 200)
    percentiles = statistics.quantiles(answers.milliseconds, n=100)
    print(
        json.dumps(
            {
                "requests_per_s": round(answers.per_second, 1),
                "goal_per_s": GOAL_PER_S,
                "clients": best,
                "requests": len(answers.ids),
                "failed": failed,
                "errors_5xx": sum(number for status, number in answers.statuses.items() if status >= 500),
                "missing_from_log": len(missing),
                "p50_ms": round(percentiles[49], 1),
                "p95_ms": round(percentiles[94], 1),
                "tried_per_s": {str(clients): round(rate, 1) for clients, rate in tried.items()},
            }
        )
    )
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
