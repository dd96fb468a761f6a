"""`rubric ab`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.ab_tests import record
from ops.ab_tests import calls, page, view
from ops.ab_tests.terms import Terms
from ops.deployment.cloud import Cloud
from ops.errors import FAILED, USAGE, OpsError
from ops.models import registry
from ops.terminal import files, screen
from ops.terminal.confirm import confirm
from ops.terminal.progress_views import watch
from ops.training.follow import follow as events_of

app = typer.Typer(no_args_is_help=True, help="A/B tests: a new model against the one that serves.")

_MODES, _GOALS = (record.REPLAY, record.LIVE), (record.BETTER, record.NOT_WORSE)

TestId = Annotated[str | None, typer.Argument(metavar="[TEST]", help="A test's id; by default the last one.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Follow = Annotated[bool, typer.Option(help="Watch it until it runs or has ended.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def start(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="The challenger: a model's version, or its number in the registry.")],
    mode: Annotated[str, typer.Option(help="replay: over logged texts. live: the challenger answers a share of them.")],
    goal: Annotated[str | None, typer.Option(help="better or not-worse (default: ab_tests.goal).")] = None,
    labels: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Labels at most (default: ab_tests.most_labels).")
    ] = None,
    days: Annotated[float | None, typer.Option(help="Days at most (default: ab_tests.most_days).")] = None,
    texts: Annotated[
        int | None, typer.Option(min=1, max=200_000, help="Texts at most (default: ab_tests.most_texts).")
    ] = None,
    share: Annotated[
        float | None, typer.Option(min=0.01, max=0.5, help="The challenger's share, live (default: ab_tests.share).")
    ] = None,
    yes: Yes = False,
    follow: Follow = True,
) -> None:
    """Test a model against the one that serves. It first says what that takes and costs at most, and asks.

    \b
    rubric ab start rubric-dev-20261120-213501-3fa9 --mode replay
    rubric ab start 3 --mode live --share 0.05 --days 3
    rubric ab start 3 --mode replay --goal not-worse
    """
    cloud: Cloud = context.obj
    _one_of(mode, _MODES, option="--mode")
    _one_of(goal, (None, *_GOALS), option="--goal")
    if share is not None and mode == record.REPLAY:
        raise OpsError("--share is of a live test: leave it out, or use --mode live", status=USAGE)
    if mode == record.LIVE and cloud.settings.serving.sleeps:
        raise OpsError(
            f"A live test's champion must not sleep, and serving.min_instances is 0 in {cloud.env}: use --mode replay, "
            "or set it to 1 or more and deploy",
            status=USAGE,
        )
    running = calls.running(cloud)
    if running is not None:
        raise OpsError(
            f"The test {running['test_id']} of {running['challenger']['version']} runs already: "
            "see `rubric ab status`, or end it with `rubric ab stop`"
        )
    model = registry.find(cloud, version)
    tests = cloud.settings.ab_tests
    longest = min(tests.most_days, cloud.settings.data.request_log_days)
    if days is not None and not 0 < days <= longest:
        raise OpsError(f"--days {days:g} is not between 0 and {longest:g} (ab_tests.most_days)", status=USAGE)
    terms = Terms(
        version=model.version or model.arn,
        mode=mode,
        goal=goal or tests.goal,
        labels=labels or tests.most_labels,
        days=days or longest,
        texts=texts or tests.most_texts,
        share=share or tests.share,
    )
    confirm("\n".join(terms.sentences(cloud.settings)), yes=yes)
    operator = str(cloud.client("sts").get_caller_identity()["Arn"])
    asked = {"goal": goal, "labels": labels, "days": days, "texts": texts, "share": share, "by": operator}
    answer = calls.call(cloud, "start", version=terms.version, mode=mode, **asked)
    test: dict[str, Any] = answer["test"]
    screen.say(f"The test {test['test_id']} has begun.")
    if follow:
        _followed(cloud, test)
        view.show(test)
        if test["verdict"] == record.FAILED:
            raise typer.Exit(FAILED)


@app.command()
def status(
    context: typer.Context,
    test: TestId = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save it as a page with the evidence drawn.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show where a test stands: the evidence after each label, what is left of the budget, and what happened.

    Looking does not change what the test promises.

    \b
    rubric ab status
    rubric ab status --html test.html
    """
    cloud: Cloud = context.obj
    if html and as_json:
        raise OpsError("--html and --json cannot be combined", status=USAGE)
    writer = files.Writer([files.named(html, option="--html")], force=force) if html else None
    found = calls.test_of(cloud, test)
    if html and writer:
        writer.write(html, page.page(found).encode())
        screen.say(f"A/B test {found['test_id']}: {html.resolve()}")
    elif as_json:
        screen.print_json(found)
    else:
        view.show(found)


@app.command()
def stop(context: typer.Context, yes: Yes = False, follow: Follow = True) -> None:
    """End the test that runs; the champion stays, and the challenger's resources are deleted."""
    cloud: Cloud = context.obj
    running = calls.running(cloud)
    if running is None:
        raise OpsError("No A/B test runs")
    confirm(f"The test {running['test_id']} of {running['challenger']['version']} ends without a winner.", yes=yes)
    operator = str(cloud.client("sts").get_caller_identity()["Arn"])
    test: dict[str, Any] = calls.call(cloud, "stop", by=operator)["test"]
    if follow:
        _followed(cloud, test)
    screen.say(f"The test {test['test_id']} {'has ended' if test['phase'] == record.ENDED else 'is ending'}.")


@app.command()
def promote(context: typer.Context, test: TestId = None, follow: Follow = True) -> None:
    """Serve the challenger of a test that reached its goal: the ordinary promotion, with its canary and alarms.

    It is refused unless the champion of the test still serves.
    """
    cloud: Cloud = context.obj
    promoted: dict[str, Any] = calls.call(cloud, "promote", test_id=test)["test"]
    version, execution = promoted["challenger"]["version"], promoted["promoted"]
    if execution == record.BY_APPROVAL:
        screen.say(f"{version} is approved; its rollout starts automatically.")
        return
    if not follow:
        screen.out.print(execution, highlight=False, markup=False)
        return
    screen.say(f"Rolling out {version}")
    ended = watch(events_of(cloud, execution), console=screen.err)
    if ended.status != "SUCCEEDED":
        raise OpsError(f"{version} was not rolled out: {ended.cause or ended.error or ended.status}")
    screen.say(f"{version} is in use.")


@app.command("list")
def list_tests(context: typer.Context, as_json: AsJson = False) -> None:
    """List the tests that have ended, newest first, and the one that runs."""
    cloud: Cloud = context.obj
    running = calls.running(cloud)
    tests = [*([running] if running else []), *calls.call(cloud, "list")["tests"]]
    if as_json:
        screen.print_json(tests)
    elif tests:
        view.listed(tests)
    else:
        screen.say("No A/B test was made yet: `rubric ab start VERSION --mode replay` starts one.")


def _followed(cloud: Cloud, test: dict[str, Any]) -> None:
    """Shows each step as it is made; the record in `test` becomes the last one."""
    for step in calls.steps(cloud, test):
        screen.say(view.said(step))


def _one_of(value: str | None, allowed: tuple[str | None, ...], *, option: str) -> None:
    if value not in allowed:
        names = " or ".join(each for each in allowed if each)
        raise OpsError(f"{option} {str(value)[:20]!r} is not known: use {names}", status=USAGE)
