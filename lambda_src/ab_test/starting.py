"""The start of a test: what is refused, and the record that fixes what is tested."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from contracts.ab_tests import evidence, record
from contracts.ab_tests.record import Model, Plan, Record
from contracts.deployment import buckets
from lambda_src.ab_test.environment import AbTestSettings
from lambda_src.ab_test.errors import OvertakenError, RefusedError
from lambda_src.ab_test.parts import Parts
from lambda_src.ab_test.registry import REJECTED
from lambda_src.common.times import written

_DAY = 86_400


def start(request: Mapping[str, Any], parts: Parts) -> Record:
    """`{"version", "mode", "goal"?, "labels"?, "days"?, "texts"?, "share"?, "by"?}` -> the record of the test.

    A start that is repeated, the same by the same caller while its test runs, is the same test. Raises RefusedError.
    """
    stored = parts.store.current()
    running, by = stored.record, str(request.get("by") or "")
    version = str(request.get("version") or "")
    if running is not None and running["phase"] != record.ENDED:
        if (
            by
            and (running["by"], running["challenger"]["version"]) == (by, version)
            and _is_of(running["plan"], request)
        ):
            return running
        raise RefusedError(_already(running))
    now = parts.now()
    plan = _plan(request, parts.settings, now=now)
    champion = _champion(parts)
    challenger = _challenger(version, champion, parts)
    _check_labels(champion, challenger, parts)
    test = _record(plan, champion, challenger, by=by, now=now)
    try:
        parts.store.save(test, etag=stored.etag)
    except OvertakenError:
        raise RefusedError("another test has begun at this moment: see `rubric ab status`") from None
    return test


def _is_of(plan: Plan, request: Mapping[str, Any]) -> bool:
    """Whether a plan has what a request names; the time when it ends depends on that of the start."""
    asked = {"mode": "mode", "goal": "goal", "labels": "most_labels", "texts": "most_texts", "share": "share"}
    given = {**plan}
    return all(request.get(name) in (None, "", given[planned]) for name, planned in asked.items())


def _already(running: Record) -> str:
    version = running["challenger"]["version"]
    return f"the test {running['test_id']} of {version} runs already: wait for it, or end it with `rubric ab stop`"


def _plan(request: Mapping[str, Any], settings: AbTestSettings, *, now: datetime) -> Plan:
    if settings.ab_tests_enabled != "yes":
        raise RefusedError("ab_tests.enabled is false in this environment")
    if settings.request_log_text != "store":
        raise RefusedError(
            f"a test needs logged texts, and data.request_log_text is {settings.request_log_text}: set it to store"
        )
    mode, goal = str(request.get("mode") or ""), str(request.get("goal") or settings.goal)
    if mode not in (record.REPLAY, record.LIVE):
        raise RefusedError(f"mode is {mode!r}: use {record.REPLAY} or {record.LIVE}")
    if mode == record.LIVE and settings.component_name:
        raise RefusedError(
            "a live test's champion must not sleep, and serving.min_instances is 0: use replay, or set it to 1 or more"
        )
    if goal not in (record.BETTER, record.NOT_WORSE):
        raise RefusedError(f"goal is {goal!r}: use {record.BETTER} or {record.NOT_WORSE}")
    most_days = settings.most_seconds / _DAY
    days = _number(request, "days", default=most_days, least=1e-4, most=most_days)
    plan = {
        "mode": mode,
        "goal": goal,
        "alpha": settings.alpha,
        "margin": min(settings.margin, evidence.LARGEST_MARGIN),
        "most_labels": int(_number(request, "labels", default=settings.most_labels, least=1, most=10_000)),
        "most_texts": int(_number(request, "texts", default=settings.most_texts, least=1, most=200_000)),
        "ends_at": written(now + timedelta(days=days)),
        "share": _number(request, "share", default=settings.share, least=0.01, most=0.5),
        "unit": settings.unit,
        "allocation": settings.allocation,
        "hourly_price": float(settings.hourly_price) if settings.hourly_price else None,
        "promote": settings.ab_promote,
    }
    return cast(Plan, plan)


def _number(request: Mapping[str, Any], name: str, *, default: float, least: float, most: float) -> float:
    value = request.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise RefusedError(f"{name} is {value!r}: use a number from {least:g} to {most:g}")
    return value


def _champion(parts: Parts) -> Model:
    serving = parts.serving.now()
    if not serving.approved:
        raise RefusedError("no model serves yet, so there is nothing to test against: promote one first")
    if serving.served and serving.served != serving.approved:
        raise RefusedError("a promotion is under way: start the test when it has ended")
    version = buckets.model_version(serving.approved)
    found = parts.registry.find(version) if version else None
    return {"version": version, "artifact_uri": serving.approved, "package_arn": found.arn if found else ""}


def _challenger(version: str, champion: Model, parts: Parts) -> Model:
    package = parts.registry.find(version) if version else None
    if package is None:
        raise RefusedError(f"there is no model {version!r} in the registry: see `rubric models list`")
    if package.artifact_uri == champion["artifact_uri"]:
        raise RefusedError(f"{package.version} is the model that serves: choose another one")
    if package.approval == REJECTED:
        raise RefusedError(f"{package.version} is rejected: approve it first, or choose another one")
    if not package.version:
        raise RefusedError(f"{package.artifact_uri} is not a model of this environment's pipeline: choose another one")
    fault = parts.fault(package)
    if fault:
        raise RefusedError(f"{fault}: choose another model, or train again")
    return {"version": package.version, "artifact_uri": package.artifact_uri, "package_arn": package.arn}


def _check_labels(champion: Model, challenger: Model, parts: Parts) -> None:
    ours, theirs = (parts.store.labels(model["version"]) for model in (champion, challenger))
    for model, labels in ((champion, ours), (challenger, theirs)):
        if labels is None:
            named = model["version"] or model["artifact_uri"]
            raise RefusedError(f"{named} has no evaluation that names its labels: it cannot be compared")
    only_ours, only_theirs = sorted({*ours} - {*theirs}), sorted({*theirs} - {*ours})  # type: ignore[misc]
    if only_ours or only_theirs:
        parts_of = [
            f"only {model['version']} has {', '.join(labels[:5])}{' and more' if len(labels) > 5 else ''}"
            for model, labels in ((champion, only_ours), (challenger, only_theirs))
            if labels
        ]
        raise RefusedError(f"the labels of the two models differ, so they cannot be compared: {'; '.join(parts_of)}")


def _record(plan: Plan, champion: Model, challenger: Model, *, by: str, now: datetime) -> Record:
    at, what = written(now), record.NAMES[plan["mode"]]
    return {
        "layout": record.LAYOUT,
        "test_id": f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        "phase": record.STARTING,
        "plan": plan,
        "champion": champion,
        "challenger": challenger,
        "by": by,
        "started_at": at,
        "running_since": "",
        "ended_at": "",
        "ended_by": "",
        "verdict": None,
        "reason": "",
        "promoted": "",
        "compared": 0,
        "disagreements": [],
        "looks": [],
        "behaviour": {},
        "split": {},
        "progress": {},
        "steps": [{"at": at, "what": f"{by or 'somebody'} starts a {what} of {challenger['version']}"}],
    }
