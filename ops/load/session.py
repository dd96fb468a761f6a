"""A load test from its target to its results."""

from __future__ import annotations

import json
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from environments.settings import Settings
from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError
from ops.load import cost, findings, locust_process, report, steps, target, texts
from ops.load.locust_process import LocustResult
from ops.load.plan import WEB_HOST, Plan
from ops.load.steps import Step
from ops.load.target import LoadTarget
from ops.terminal import screen
from ops.terminal.progress_views import stages

SHORTEST_STEP = 2.0  # seconds; Locust checks about once a second


class Aim(StrEnum):
    """What the load is sent to."""

    API = "api"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, kw_only=True)
class LoadRequest:
    """The requested test. data: a file whose lines are sent. web_port: of Locust's page; None for no page."""

    aim: Aim
    users: int
    ramp: bool
    seconds: float
    p95_ms: float
    texts_per_request: int
    data: Path | None
    key: str
    web_port: int | None


@dataclass(frozen=True, kw_only=True)
class Result:
    """The results: as `sentences`, and `knee`, the best step within the limits (None if there is none)."""

    plan: Plan
    outcome: LocustResult
    sentences: list[str]
    knee: Step | None

    def page(self) -> str:
        """Locust's HTML report, preceded by the steps."""
        title = f"Load on {self.plan.host}{self.plan.path}"
        return report.with_steps(
            self.outcome.report, title=title, sentences=self.sentences, steps=self.outcome.steps, knee=self.knee
        )


def check(request: LoadRequest) -> None:
    """Raises OpsError if the duration is too short for the steps. On Locust's page any duration works."""
    least = SHORTEST_STEP * steps.planned(request.users, ramp=request.ramp)
    if request.web_port is None and request.seconds < least:
        raise OpsError(
            f"--duration {request.seconds:.0f}s is too short for the steps to {request.users} users: it takes "
            f"{least:.0f}s or more",
            status=USAGE,
        )


def warning(settings: Settings, request: LoadRequest) -> str:
    """What it may cost, and which alarms it may trigger."""
    costs = cost.warning(settings, through_api=request.aim is Aim.API, seconds=request.seconds)
    return f"This test runs against a real AWS account and costs money. {costs} Alarms may ring."


def most(settings: Settings, request: LoadRequest, *, given: float | None) -> tuple[float | None, str]:
    """What it costs at most, US dollars, None if a price is unknown; then why."""
    if given is not None:
        return given, ""
    found = cost.most(settings, through_api=request.aim is Aim.API, seconds=request.seconds)
    return found.usd, "" if found.usd is not None else " ".join(found.sentences)


def perform(cloud: Cloud, request: LoadRequest) -> Result:
    """Run it and show its progress. Raises OpsError if the target does not answer or Locust fails."""
    with tempfile.TemporaryDirectory(prefix="rubric-load-") as name, _target(cloud, request) as chosen:
        plan = _plan(cloud, request, chosen, folder=Path(name))
        _announce(plan, chosen, web_port=request.web_port)
        outcome = _follow(plan, folder=Path(name), web_port=request.web_port)
        unchanged = chosen.instances is not None and target.instances_now(cloud) == chosen.instances
    return Result(
        plan=plan,
        outcome=outcome,
        sentences=findings.sentences(outcome, plan, instances=chosen.instances if unchanged else None),
        knee=steps.knee(outcome.steps, p95_ms=request.p95_ms),
    )


def _target(cloud: Cloud, request: LoadRequest) -> AbstractContextManager[LoadTarget]:
    return target.the_api(cloud, key=request.key) if request.aim is Aim.API else target.the_endpoint(cloud)


def _plan(cloud: Cloud, request: LoadRequest, chosen: LoadTarget, *, folder: Path) -> Plan:
    """The plan for the Locust process; writes the texts to send into the same folder."""
    sent = texts.from_file(request.data) if request.data else texts.of_task(cloud.settings, folder)
    (folder / "texts.json").write_text(json.dumps(sent), encoding="utf-8")
    return Plan(
        host=chosen.host,
        path=chosen.path,
        headers=chosen.headers,
        signature=chosen.signature,
        texts=str(folder / "texts.json"),
        texts_per_request=request.texts_per_request,
        users=request.users,
        seconds=request.seconds,
        ramp=request.ramp,
        p95_ms=request.p95_ms,
        shaped=request.web_port is None,
        result=str(folder / "steps.json"),
        report=str(folder / "report.html"),
    )


def _announce(plan: Plan, chosen: LoadTarget, *, web_port: int | None) -> None:
    duration = screen.duration(plan.seconds)
    screen.say(f"Load on {plan.host}{plan.path}, at most {plan.users} users for {duration}.")
    for sentence in chosen.about:
        screen.say(sentence)
    if web_port is not None:
        screen.say(f"Locust's page: http://{WEB_HOST}:{web_port} (Ctrl-C here stops the test and writes the report)")


def _follow(plan: Plan, *, folder: Path, web_port: int | None) -> LocustResult:
    outcome = LocustResult()
    with stages(screen.err) as view:
        for event in locust_process.run(plan, folder=folder, web_port=web_port):
            if isinstance(event, LocustResult):
                outcome = event
            else:
                view.show(event)
    return outcome
