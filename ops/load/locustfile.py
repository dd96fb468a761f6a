"""Run by Locust: users that classify headlines as fast as they get answers, and the steps of the ramp.

It runs in a process of its own (ops.load.locust_process), because importing Locust replaces Python's sockets and
threads.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from locust import FastHttpUser, LoadTestShape, events, task
from locust.env import Environment
from locust.html import get_html_report

from ops.load import page_guard
from ops.load import plan as plans
from ops.load.steps import Step, measured, next_users, planned

PLAN = plans.read(Path(os.environ[plans.VARIABLE]))
TIMEOUT_SECONDS = 35.0  # the gateway gives up after 30
LONGEST_PAUSE, PAUSE = 1.0, 0.1
SPAWN_SECONDS = 2.0
SETTLE_SHARE, LONGEST_SETTLE = 0.2, 3.0
WAITING: dict[int, float] = {}  # when each user began to wait for an answer
EXPECTED = b'"predicted_label"'
BODIES = 2000


def _bodies() -> list[str]:
    """Request bodies, generated before the measurement starts."""
    texts = json.loads(Path(PLAN.texts).read_text(encoding="utf-8"))
    random.Random(1).shuffle(texts)
    endless = itertools.cycle(texts)
    count = max(1, min(BODIES, len(texts)))
    single = PLAN.texts_per_request == 1
    inputs = [
        next(endless) if single else list(itertools.islice(endless, PLAN.texts_per_request)) for _ in range(count)
    ]
    return [json.dumps({"inputs": value}) for value in inputs]


BODY = itertools.cycle(_bodies())
CREDENTIALS = botocore.session.get_session().get_credentials() if PLAN.signature else None


def _headers(body: str) -> dict[str, str]:
    if PLAN.signature is None:
        return PLAN.headers
    request = AWSRequest("POST", PLAN.host + PLAN.path, headers=PLAN.headers, data=body)
    SigV4Auth(CREDENTIALS, PLAN.signature.service, PLAN.signature.region).add_auth(request)
    return dict(request.headers)


def _reason(response: Any) -> str:
    """Why a request failed, in a few words that are the same for all failures of that kind."""
    if not response.status_code:
        return f"no answer: {type(response.error).__name__}"
    try:
        error = json.loads(response.content)
    except ValueError:
        error = {}
    if isinstance(error, dict) and isinstance(error.get("error"), dict):
        error = error["error"]
    words = [str(error[name]) for name in ("title", "code", "__type", "message", "Message") if error.get(name)]
    return f"{response.status_code} {words[0]}" if isinstance(error, dict) and words else str(response.status_code)


class Classifier(FastHttpUser):
    """Sends the next request as soon as it gets an answer; after an error it respects retry-after, up to a second."""

    host = PLAN.host
    insecure = False
    connection_timeout = network_timeout = TIMEOUT_SECONDS
    max_redirects = 0
    pause = 0.0

    def wait_time(self) -> float:
        """Seconds until the next request."""
        return self.pause

    @task
    def classify(self) -> None:
        """One request."""
        WAITING[id(self)] = time.monotonic()
        try:
            self._ask(next(BODY))
        finally:
            del WAITING[id(self)]

    def _ask(self, body: str) -> None:
        name, headers = f"POST {PLAN.path}", _headers(body)
        with self.client.post(PLAN.path, data=body, headers=headers, name=name, catch_response=True) as response:
            self.pause = 0.0
            if response.status_code != 200:
                self.pause = _pause(response.headers)
                response.failure(_reason(response))
            elif EXPECTED not in (response.content or b""):
                response.failure("200 without a prediction")


def _pause(headers: Any) -> float:
    try:
        return min(LONGEST_PAUSE, float((headers or {}).get("retry-after") or PAUSE))
    except ValueError:
        return PAUSE


class Window:
    """Collects the answers from `open` to `close`."""

    def __init__(self) -> None:
        self.since: float | None = None
        self._times: list[float] = []
        self._errors: Counter[str] = Counter()
        self._cpu = 0.0

    def open(self) -> None:
        """Begin to collect."""
        self._times, self._errors = [], Counter()
        self._cpu, self.since = time.process_time(), time.monotonic()

    def add(self, *, response_time: float, exception: Exception | None = None, **_: Any) -> None:
        """Record one request from Locust's event."""
        if self.since is None:
            return
        if exception is None:
            self._times.append(response_time)
        else:
            self._errors[str(exception)] += 1

    def close(self, *, users: int) -> Step:
        """Stop collecting. Returns the step."""
        assert self.since is not None
        now = time.monotonic()
        seconds = now - self.since
        late = [waited for since in WAITING.values() if (waited := (now - since) * 1000) > PLAN.p95_ms]
        self.since = None
        cpu = (time.process_time() - self._cpu) / seconds
        return measured(
            users=users, seconds=seconds, times=self._times, errors=dict(self._errors), cpu=cpu, waiting=late
        )


WINDOW = Window()
STEPS: list[Step] = []
events.request.add_listener(WINDOW.add)  # type: ignore[no-untyped-call]


@events.init.add_listener  # type: ignore[untyped-decorator]
def _guard(environment: Environment, **_: Any) -> None:
    """Protect Locust's page from other sites."""
    web, options = environment.web_ui, environment.parsed_options
    if web is not None and web.app is not None and options is not None:
        page_guard.install(web.app, port=options.web_port)


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def _report(environment: Environment, **_: Any) -> None:
    """Write the report in every case: Locust's own option writes none when it is terminated."""
    page = get_html_report(environment, show_download_link=False)  # type: ignore[no-untyped-call]
    Path(PLAN.report).write_text(page, encoding="utf-8")


if PLAN.shaped:

    class Steps(LoadTestShape):
        """One step after another; each is measured once all its users have started and settled."""

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self._users = 0
            self._end = self._settled = self._closes = 0.0
            self._each = PLAN.seconds / planned(PLAN.users, ramp=PLAN.ramp)

        def tick(self) -> tuple[int, float] | None:
            """Called about once a second. Returns the number of users and the spawn rate; None at the end."""
            now = time.monotonic()
            if not self._users:
                self._end = now + PLAN.seconds
                return self._begin(now)
            if WINDOW.since is None and now >= self._settled and self._here() == self._users:
                WINDOW.open()
            if WINDOW.since is not None and now >= self._closes:
                STEPS.append(WINDOW.close(users=self._users))
                plans.write_steps(Path(PLAN.result), STEPS)
                self._tell(now)
                return self._begin(now)
            return self._users, self._rate()

        def _begin(self, now: float) -> tuple[int, float] | None:
            users = next_users(STEPS, users=PLAN.users, p95_ms=PLAN.p95_ms, ramp=PLAN.ramp)
            if users is None or now >= self._end:
                print(f"progress: load {PLAN.seconds:.0f}/{PLAN.seconds:.0f} steps={len(STEPS)}", flush=True)
                return None
            self._settled = now + min(LONGEST_SETTLE, SETTLE_SHARE * self._each)
            self._closes = now + self._each
            self._users = users
            return users, self._rate()

        def _here(self) -> int:
            return self.runner.user_count if self.runner else 0

        def _rate(self) -> float:
            return max(1.0, self._users / SPAWN_SECONDS)

        def _tell(self, now: float) -> None:
            step, passed = STEPS[-1], PLAN.seconds - max(0.0, self._end - now)
            figures = f"users={step.users} requests/s={step.throughput:.1f}"
            if step.p95_ms is not None:
                figures += f" p95={step.p95_ms:.0f}ms"
            if step.failed:
                figures += f" failed={step.error_share:.1%}"
            print(f"progress: load {passed:.0f}/{PLAN.seconds:.0f} {figures}", flush=True)
