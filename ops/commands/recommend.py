"""`rubric recommend`."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from contracts.api.limits import MAX_TEXTS
from environments.aws.instances import is_x86
from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError
from ops.load import texts
from ops.models import registry
from ops.recommend import job as recommender
from ops.recommend import payload
from ops.recommend.job import INSTANCE_TYPES, FinishedJob, Recommendation
from ops.recommend.role import documents
from ops.terminal import screen
from ops.terminal.confirm import confirm
from ops.terminal.progress_views import stages

ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
SAMPLES = 64
COLUMNS = ("Instance type", "Requests/min", "Latency ms", "USD/h", "USD/million", "CPU %", "Memory %")


def recommend(
    context: typer.Context,
    version: Annotated[
        str, typer.Argument(metavar="[VERSION]", help="A version, its number, or `serving` for the one in use.")
    ] = "serving",
    role: Annotated[
        str,
        typer.Option(
            envvar="RUBRIC_RECOMMEND_ROLE", help="ARN of the role that SageMaker works under.", show_default=False
        ),
    ] = "",
    instance_types: Annotated[
        list[str] | None,
        typer.Option(
            "--instance-type",
            metavar="TYPE",
            help=f"An instance type to measure; may be repeated (default: {', '.join(INSTANCE_TYPES)}).",
        ),
    ] = None,
    texts_per_request: Annotated[int, typer.Option("--texts", min=1, max=MAX_TEXTS, help="Texts in each request.")] = 1,
    job: Annotated[
        str, typer.Option(metavar="NAME", help="Follow this job, started earlier.", show_default=False)
    ] = "",
    follow: Annotated[bool, typer.Option(help="Watch the job until it ends.")] = True,
    policy: Annotated[
        bool, typer.Option("--policy", help="Only print the permissions that the role needs (JSON).")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask for confirmation before spending money.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Measure the approved model on instance types with SageMaker Inference Recommender: latency, throughput, price.

    It starts a Default job, which creates an endpoint for each type, loads it, and takes up to 45 minutes.

    \b
    rubric recommend --policy                                  # the permissions that the role needs
    rubric recommend --role arn:aws:iam::123456789012:role/recommender
    rubric recommend --instance-type ml.c7i.large --instance-type ml.m7i.large --role ...
    rubric recommend --job rubric-dev-20261121-101500          # a job started earlier
    """
    cloud: Cloud = context.obj
    if policy:
        screen.print_json(documents(cloud))
        return
    if not job:
        job = _start(cloud, version, role=role, types=instance_types, texts_per_request=texts_per_request, yes=yes)
    if not follow:
        screen.out.print(job, highlight=False, markup=False)
        screen.say(f"The job has started. To follow it: `rubric --env {cloud.env} recommend --job {job}`")
        return
    recommendations = _follow(cloud, job)
    if as_json:
        screen.print_json([{**vars(item), "cost_per_million": item.cost_per_million} for item in recommendations])
        return
    _print(recommendations, in_use=cloud.settings.serving.instance_type or "")


def _start(cloud: Cloud, version: str, *, role: str, types: list[str] | None, texts_per_request: int, yes: bool) -> str:
    if not ROLE.fullmatch(role):
        raise OpsError(
            "--role needs the ARN of a role that SageMaker may assume: `rubric recommend --policy` prints what it must "
            "be allowed to do",
            status=USAGE,
        )
    chosen = list(dict.fromkeys(types or INSTANCE_TYPES))
    for name in chosen:
        if not re.fullmatch(r"ml\.[a-z0-9-]+\.[a-z0-9]+", name) or not is_x86(name):
            raise OpsError(f"--instance-type {name}: give an x86 type such as ml.c7i.large", status=USAGE)
    model = registry.find(cloud, version)
    recommender.check(model)
    if cloud.is_local:
        screen.say(
            "On the local AWS every instance type is the same process on this machine: expect the same figures for all."
        )
    else:
        _ask(chosen, region=cloud.settings.region, yes=yes)
    job = recommender.job_name(cloud)
    with tempfile.TemporaryDirectory(prefix="rubric-recommend-") as folder:
        sent = texts.of_task(cloud.settings, Path(folder), rows=SAMPLES * texts_per_request)
    uri = payload.upload(cloud, payload.packed(sent, per_request=texts_per_request), job=job)
    try:
        recommender.start(cloud, model, job=job, role=role, payload_uri=uri, instance_types=chosen)
    except BaseException:
        payload.remove(cloud, job=job)
        raise
    screen.say(f"Inference Recommender job {job}: {model.version} on {len(chosen)} instance types")
    return job


def _ask(chosen: list[str], *, region: str, yes: bool) -> None:
    confirm(
        f"SageMaker will run an endpoint on each of {', '.join(chosen)} for up to 45 minutes, at the price of its "
        f"instances: at most about {recommender.most(chosen, region=region)}. The "
        "account's quota must allow one instance of each for endpoint usage.",
        yes=yes,
    )


def _follow(cloud: Cloud, job: str) -> list[Recommendation]:
    recommendations: list[Recommendation] = []
    try:
        with stages(screen.err) as view:
            for event in recommender.follow(cloud, job):
                if isinstance(event, FinishedJob):
                    recommendations = event.recommendations
                else:
                    view.show(event)
    except KeyboardInterrupt:
        screen.say(
            f"\n{job} goes on and costs money. To follow it again: rubric --env {cloud.env} recommend --job {job}. "
            f"To stop it: aws sagemaker stop-inference-recommendations-job --job-name {job}"
        )
        raise typer.Exit(130) from None
    except OpsError:
        payload.remove(cloud, job=job)
        raise
    payload.remove(cloud, job=job)
    return recommendations


def _print(recommendations: list[Recommendation], *, in_use: str) -> None:
    if not recommendations:
        screen.say("SageMaker has no recommendations: no instance type answered the sample requests.")
        return
    rows = []
    for item in recommendations:
        name = item.instance_type + (f" × {item.instances}" if item.instances > 1 else "")
        numbers = [
            _text(item.max_invocations_per_minute, 0),
            _text(item.model_latency_ms, 0),
            _text(item.cost_per_hour, 3),
            _text(item.cost_per_million, 2),
            _text(item.cpu_percent, 0),
            _text(item.memory_percent, 0),
        ]
        rows.append([f"{name} (in use)" if item.instance_type == in_use else name, *numbers])
    screen.table(*COLUMNS, rows=rows, numeric=COLUMNS[1:])
    screen.out.print()
    best = recommendations[0]
    if best.cost_per_million is None:
        screen.line(f"Without prices; {best.instance_type} took the most requests a minute.")
        return
    screen.line(
        f"The least for a million requests at full use: {best.instance_type} (serving.instance_type). Latency and "
        "requests a minute are those at full use; autoscaling needs a target below that."
    )


def _text(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:,.{decimals}f}"
