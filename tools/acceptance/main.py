"""The command: what to test, within which limits, and the result."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tools.acceptance import report
from tools.acceptance.budget import Budget
from tools.acceptance.cleanup import ending
from tools.acceptance.cleanup.leftovers import Left
from tools.acceptance.commands import Commands
from tools.acceptance.errors import UsageError
from tools.acceptance.listing import stacks_of
from tools.acceptance.planning import confirm, credentials, estimate, names, prices
from tools.acceptance.planning.place import Place, locate
from tools.acceptance.planning.prices import Price
from tools.acceptance.run import FAILED, INTERRUPTED, PASSED, Run, StepResult, perform
from tools.acceptance.steps import STEPS
from tools.common import terminal

ROOT = Path(__file__).resolve().parents[2]
FAILED_STATUS, USAGE_STATUS, INTERRUPTED_STATUS = 1, 2, 130
ORDER = (*(name for name, _ in STEPS), "destroy", "count")


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 passed and nothing left, 1 failed, 2 not started, 130 interrupted and destroyed."""
    # Signals end us like Ctrl-C, even if a shell that started us in the background ignores it.
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.default_int_handler)
    options = _parser().parse_args(arguments)
    started, folder = datetime.now(UTC), None
    try:
        name = names.checked_name(options.clean or options.name or names.new_name())
        folder = (options.folder or ROOT / ".acceptance").absolute() / name
        env_file = folder / f"{name}.yaml"
        if options.clean and not env_file.is_file():
            raise UsageError(f"--clean {name}: {env_file} is gone, and its settings with it")
        if not options.clean and folder.exists():
            there, folder = folder, None  # another run's folder, or any other: nothing in it is overwritten or removed
            raise UsageError(
                f"{there} already exists: use another --name, or --clean {name} for the leftovers of that run"
            )
        if not options.clean:
            env_file = names.write_settings(options.env, name, folder=folder, root=ROOT)
        settings = names.read_settings(env_file, root=ROOT)
        with locate(settings, root=ROOT, env_file=env_file) as place:
            run, known = _prepared(options, name, env_file, place)
            return _carry_out(run, known, env=options.env, started=started, clean=bool(options.clean))
    except UsageError as error:
        print(terminal.clean(f"acceptance: {error}"), file=sys.stderr)
        if folder is not None and not options.clean and not (folder / "log.txt").exists():
            shutil.rmtree(folder, ignore_errors=True)
        return USAGE_STATUS
    except KeyboardInterrupt:
        print("acceptance: interrupted before anything was created", file=sys.stderr)
        return INTERRUPTED_STATUS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="acceptance",
        description="Deploy settings under a throw-away name, use everything, destroy, and count what is left.",
    )
    parser.add_argument("--env", default="dev", help="an environment, or a path to its YAML file (default dev)")
    parser.add_argument("--minutes", type=float, help="time limit, including the destroy")
    parser.add_argument("--dollars", type=float, help="money limit for instances, in US dollars")
    parser.add_argument(
        "--price", action="append", default=[], metavar="TYPE=USD", help="an instance type's hourly price"
    )
    parser.add_argument("--yes", action="store_true", help="start without confirmation")
    parser.add_argument("--name", help="the throw-away name, such as acc0k3x9a (default: a new one)")
    parser.add_argument("--clean", metavar="NAME", help="only destroy and count what the run with that name left")
    parser.add_argument("--folder", type=Path, help="folder for settings, log and report (default .acceptance)")
    return parser


def _prepared(options: argparse.Namespace, name: str, env_file: Path, place: Place) -> tuple[Run, dict[str, Price]]:
    """The run, within the agreed limits, and the prices. Raises UsageError."""
    settings = names.read_settings(env_file, root=ROOT)
    if not options.clean and _has_stacks(place, name):
        raise UsageError(f"Stacks of {name} already exist: destroy them with --clean {name}, or change --name")
    known = {} if place.is_local or options.clean else _prices(options, place, env_file)
    host = known.get(f"{settings.serving.instance_type} (Host)")
    trainer = known.get(f"{settings.training.instance_type} (Train)")
    free = place.is_local or bool(options.clean)
    rates = estimate.Rates(0.0, 0.0, 0.0) if free else estimate.rates(settings, host=host, trainer=trainer)
    minutes, dollars = (24 * 60.0, None) if options.clean else _limits(options, place, env_file, rates)
    budget = Budget(minutes=minutes, dollars=dollars, rates=rates, end=estimate.at_the_end(settings))
    folder = env_file.parent
    commands = Commands(root=ROOT, environment=place.environment, log=folder / "log.txt", check=budget.check)
    return Run(name, env_file, settings, folder, ROOT, place, budget, commands), known


def _has_stacks(place: Place, name: str) -> bool:
    try:
        return bool(stacks_of(place.client("cloudformation"), name))
    except (ClientError, BotoCoreError) as error:
        raise UsageError(f"CloudFormation does not list your stacks, so the run does not start: {error}") from None


def _prices(options: argparse.Namespace, place: Place, env_file: Path) -> dict[str, Price]:
    settings = names.read_settings(env_file, root=ROOT)
    if not settings.classifier.trained:
        return {}
    uses: list[tuple[str | None, prices.Use]] = [
        (settings.serving.instance_type if settings.serving.mode == "real-time" else None, "Host"),
        (settings.training.instance_type, "Train"),
    ]
    overrides = _overrides(options.price)
    return {
        f"{name} ({use})": confirm.price(
            name,
            prices.of(
                name,
                use,
                region=place.region,
                overrides=overrides,
                client=lambda: place.client("pricing", region=prices.API_REGION),
            ),
        )
        for name, use in uses
        if name
    }


def _overrides(pairs: list[str]) -> dict[str, float]:
    try:
        return {name: float(value) for name, value in (pair.split("=", 1) for pair in pairs)}
    except ValueError:
        raise UsageError(f"--price {' '.join(pairs)}: use TYPE=USD, such as ml.c7i.large=0.12") from None


def _limits(
    options: argparse.Namespace, place: Place, env_file: Path, rates: estimate.Rates
) -> tuple[float, float | None]:
    """Minutes and dollars; prints the estimate first."""
    settings, steps = names.read_settings(env_file, root=ROOT), list(ORDER)
    expected = estimate.minutes(settings, steps, local=place.is_local)
    if place.is_local:
        _say(f"On the local AWS: about {expected:.0f} minutes, no costs.")
        return options.minutes or 60.0, None
    cost = estimate.dollars(settings, steps, rates)
    _say(
        f"{settings.name} in {place.region}: at most about {expected:.0f} minutes (assumed: nobody has timed it on an "
        f"account), {'cost unknown' if cost is None else f'{cost:.2f} USD'} for instances at most; requests, storage, "
        "the image's build and logs add some cents to a dollar."
    )
    minutes = confirm.number("Time limit, in minutes?", value=options.minutes, flag="--minutes")
    dollars = confirm.number("Money limit, in USD?", value=options.dollars, flag="--dollars")
    warned = credentials.warning(place.credentials(), minutes=minutes, now=datetime.now(UTC))
    if warned:
        _say(warned)
    confirm.consent(yes=options.yes)
    return minutes, dollars


def _carry_out(run: Run, known: dict[str, Price], *, env: str, started: datetime, clean: bool) -> int:
    _say(f"{run.name}: its settings, log and report are in {run.folder}")
    try:
        why = "" if clean else perform(run, STEPS, say=_say)
    except KeyboardInterrupt:  # between two steps
        why = "Ctrl-C"
    except Exception as error:  # noqa: BLE001  after any error, the destroy must follow
        why = f"a mistake of ours: {error!r}"
    left = Left(uncounted={"everything": "it was not counted"})
    try:
        left = ending.end(run, say=_say)
    except (Exception, KeyboardInterrupt):  # noqa: BLE001  the report has to follow
        run.outcomes.append(StepResult("end", FAILED, error=traceback.format_exc()))
    built = report.build(run, left, env=env, started=started, prices=known, rates=run.budget.rates, why=why)
    as_json, as_text = report.write(built, run.folder)
    _say(f"{built['verdict']}: {left.count} resources left. Report: {as_text} and {as_json.name}")
    if left.count or left.uncounted:
        _say(f"To destroy what is left: make acceptance ARGS='--clean {run.name}'")
    return {PASSED: 0, INTERRUPTED: INTERRUPTED_STATUS}.get(built["verdict"], FAILED_STATUS)


def _say(text: str) -> None:
    print(terminal.clean(text), flush=True)
