"""The command: one step of a delivery, or all of them."""

from __future__ import annotations

import argparse
import fcntl
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import OpsError
from tools.common import terminal
from tools.delivery import changes, comment, synthesis
from tools.delivery.cdk import ROOT
from tools.delivery.delivery import Delivery, begin
from tools.delivery.errors import FAILED, USAGE, DeliveryError

INTERRUPTED = 130
_STEPS: dict[str, Callable[[Delivery, argparse.Namespace], None]] = {
    "plan": lambda delivery, options: _plan(delivery),
    "prepare": lambda delivery, options: delivery.prepare(options.plan),
    "show": lambda delivery, options: delivery.show(),
    "execute": lambda delivery, options: delivery.execute(),
    "smoke": lambda delivery, options: delivery.smoke(),
    "finish": lambda delivery, options: delivery.finish(),
    "rollback": lambda delivery, options: delivery.roll_back(by_force=options.force == "yes"),
    "unlock": lambda delivery, options: delivery.unlock(by_force=options.force == "yes"),
    "all": lambda delivery, options: _all(delivery, options.plan),
}


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 done, 1 failed (and rolled back, where that is the step), 2 refused before any change."""
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.default_int_handler)
    options = _parser().parse_args(arguments)
    build = options.build.absolute()
    try:
        if options.step == "assembly":
            digest = synthesis.synthesise(_words(options.environments), build=build)
            _say(digest)
            _output("digest", digest)
        elif options.step == "check":
            _say(synthesis.checked(build, expected=options.digest))
        elif options.step == "changes":
            _say(changes.show(begin(options.env, build=build, expected=options.digest, say=_say)))
        elif options.step == "comment":
            _say(comment.post(changes.all_of(build / "delivery")))
        else:
            with _alone(build, options.env):
                delivery = begin(options.env, build=build, expected=options.digest, say=_say)
                _STEPS[options.step](delivery, options)
    except DeliveryError as error:
        return _complain(error, status=error.status)
    except OpsError as error:
        return _complain(error, status=FAILED)
    except (ClientError, BotoCoreError) as error:
        return _complain(error, status=FAILED)
    except KeyboardInterrupt:
        return _complain(
            "interrupted: what CloudFormation has begun goes on; make delivery-finish waits for it and rolls it back",
            status=INTERRUPTED,
        )
    return 0


def _plan(delivery: Delivery) -> None:
    """What would change and who would be permitted more, then the change sets themselves."""
    _say(changes.show(delivery))
    _output("plan", delivery.plan())


def _all(delivery: Delivery, approved: str) -> None:
    """The whole way to one environment; it ends tested and unlocked, or as it was before."""
    try:
        delivery.prepare(approved)
    except BaseException:
        delivery.give_up()
        raise
    failed: BaseException | None = None
    try:
        delivery.execute()
        delivery.smoke()
    except (DeliveryError, OpsError, ClientError, BotoCoreError, KeyboardInterrupt) as error:
        failed = error
        _complain(error, status=FAILED)
    delivery.finish()
    if failed is not None:
        raise DeliveryError(f"{delivery.name} is unchanged")


@contextmanager
def _alone(build: Path, env: str) -> Iterator[None]:
    """One step for an environment at a time in this checkout: two runs here would be taken for one."""
    file = build / "delivery" / f"{Path(env).stem}.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DeliveryError(
                f"Another step for {Path(env).stem} runs in this checkout: wait until it has ended", status=USAGE
            ) from None
        yield
    finally:
        os.close(handle)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="delivery", description="The way of a change: docs/delivery.md.")
    parser.add_argument("step", choices=["assembly", "check", "changes", "comment", *_STEPS])
    parser.add_argument("--env", default="dev", help="an environment, or a path to its YAML file (default dev)")
    parser.add_argument("--environments", default="", help="of the assembly, with spaces between them")
    parser.add_argument("--digest", default="", help="the assembly's digest, from the job that made it")
    parser.add_argument("--plan", default="", help="an approved plan's digest: its change sets, and no others")
    parser.add_argument("--force", default="", help="yes: also what another run has locked")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="folder of the assembly (default build)")
    return parser


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise DeliveryError(f"ENVS={text}: a quote in it is never closed", status=USAGE) from None


def _output(name: str, value: str) -> None:
    """Hand a value to GitHub's later jobs, where there are any."""
    file = os.environ.get("GITHUB_OUTPUT")
    if file:
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.write(f"{name}={value}\n")


def _say(text: str) -> None:
    print(terminal.clean(text), flush=True)


def _complain(error: object, *, status: int) -> int:
    print(terminal.clean(f"delivery: {error}"), file=sys.stderr, flush=True)
    return status
