"""The `rubric` command line."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup
from typer.exceptions import TyperException

from ops.commands import ab, data, features, keys, models, stacks
from ops.commands.batch import batch
from ops.commands.classify import classify
from ops.commands.cost import cost
from ops.commands.drift import drift
from ops.commands.eda import eda
from ops.commands.erase import erase
from ops.commands.history import history
from ops.commands.load import load
from ops.commands.mirror import mirror
from ops.commands.parked import parked
from ops.commands.preflight import preflight
from ops.commands.recommend import recommend
from ops.commands.retrain import retrain
from ops.commands.runbook import runbook
from ops.commands.status import status
from ops.commands.suggest import suggest
from ops.commands.trace import trace
from ops.commands.train import follow, train
from ops.commands.wake import wake
from ops.deployment.cloud import ROOT, Cloud
from ops.errors import OpsError, from_aws
from ops.terminal import screen


class Commands(TyperGroup):
    """The commands. Usage errors, which quote arguments such as file names, are cleaned too."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """As Typer does it."""
        with _cleaned():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """As Typer does it."""
        with _cleaned():
            return super().invoke(ctx)


@contextmanager
def _cleaned() -> Iterator[None]:
    try:
        yield
    except TyperException as error:
        error.message = screen.clean(error.message)
        raise


app = typer.Typer(
    name="rubric",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
app.command()(preflight)
app.add_typer(stacks.app, name="stacks")
app.command()(cost)
app.command()(status)
app.command()(wake)
app.command()(classify)
app.command()(batch)
app.add_typer(keys.app, name="keys")
app.command()(erase)
app.command()(runbook)
app.command()(parked)
app.command()(drift)
app.command()(eda)
app.command()(suggest)
app.add_typer(data.app, name="data")
app.add_typer(features.app, name="features")
app.command()(train)
app.command()(follow)
app.command()(mirror)
app.command()(retrain)
app.add_typer(models.app, name="models")
app.command()(history)
app.command()(trace)
app.add_typer(ab.app, name="ab")
app.command()(load)
app.command()(recommend)


def version() -> str:
    """The version in pyproject.toml, which exists because `rubric` only runs from a clone."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _print_version(requested: bool) -> None:
    if requested:
        screen.out.print(version(), highlight=False)
        raise typer.Exit


@app.callback()
def rubric(
    context: typer.Context,
    env: Annotated[
        str,
        typer.Option(
            "--env",
            "-e",
            envvar="RUBRIC_ENV",
            help="The environment: the name of a file in environments/, without .yaml.",
        ),
    ] = "dev",
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Operate a deployed Rubric: see its state, classify texts, manage API keys, train and promote models.

    \b
    rubric preflight                            check before a deploy what AWS would refuse
    rubric stacks changes                       show what a change will do and permit
    rubric cost                                 show what it costs, before it does
    rubric stacks drift                         show what in the account differs from the templates
    rubric status                               show the environment's state
    rubric wake                                 wake a model that sleeps while nobody calls
    rubric runbook ALARM                        show what to do when an alarm rings
    rubric keys create --name me                create an API key
    rubric classify "Shares rally" --key rk_... classify texts over the API
    rubric batch s3://in/ s3://out/             classify whole files
    rubric erase --key ID                       erase a caller's texts wherever they are stored
    rubric parked                               show what the request log refuses, and why
    rubric drift                                show whether texts and answers have moved
    rubric eda news.csv                         explore a dataset before anything is deployed
    rubric suggest news.csv                     find labels that look wrong, and texts to label next
    rubric data freeze                          make a dataset version of what was labelled
    rubric features as-of FILE -o OUT            add what was known of each row at its time
    rubric train                                train a model, and serve it if it passes the gate
    rubric mirror                               bring what isolated training needs into the bucket
    rubric retrain --explain                    show whether training again would pay
    rubric models list                          list the registered models
    rubric models rollback                      go back to the previous model
    rubric history                              show what has happened, and who or what caused it
    rubric trace REQUEST_ID                     show what an answer rests on, or who learnt from a row
    rubric ab start VERSION --mode replay       test a model against the one that serves
    rubric load                                 find out how much load it can take, with Locust
    rubric recommend --role arn:...             compare instance types to serve on

    \b
    On the local AWS of `make demo`:
    eval "$(make -s local-env)"; rubric --env local status

    Exit status: 0 done, 1 failed or refused, 2 wrong usage, 3 not deployed or not found, 4 AWS or the API unreachable.
    """
    context.obj = Cloud(env)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; an error that the operator can fix is one line on standard error, no traceback."""
    try:
        app(args=arguments, prog_name="rubric")
    except (BotoCoreError, ClientError) as error:
        _end(from_aws(error))
    except OpsError as error:
        _end(error)
    except OSError as error:
        if error.filename is None:  # none of the user's files
            raise
        _end(OpsError(f"{error.filename}: {error.strerror}"))


def _end(error: OpsError) -> None:
    screen.err.print(f"rubric: {error}", style="red", highlight=False, markup=False)
    sys.exit(error.status)
