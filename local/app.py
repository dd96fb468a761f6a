"""The command line: up, down, env, status, demo, destroy, leftovers, interrupt."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup
from typer.exceptions import TyperException

from local import aws_environment, server
from local.deployment import state
from local.destroy import run as destroying
from local.errors import CliError
from local.screen.board import Board
from local.screen.terminal import clean, complain, console, print_json, say
from local.screen.views import shown
from local.workspace import Workspace


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
        error.message = clean(error.message)
        raise


app = typer.Typer(
    cls=Commands, no_args_is_help=True, add_completion=False, help="A local AWS on your machine, with Rubric on it."
)
_INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    # A signal from make, a CI or timeout ends us as cleanly as Ctrl-C: the CDK CLI must not run on without us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app(prog_name="python -m local")


@app.command()
def up() -> None:
    """Start the local AWS in the background, unless it is running."""
    with _errors("`make demo` starts it again."):
        workspace = Workspace.from_environment()
        board = Board()
        with shown(board, console()):
            board.begin("server", "local AWS")
            try:
                running = server.start(workspace, say=say)
            except Exception:
                board.fail_running()
                raise
            board.end("server", f"{running.endpoint_url}, process {running.pid}")


@app.command()
def down() -> None:
    """Stop the local AWS with all its processes and delete its state."""
    with _errors("Run it again to finish."):
        workspace = Workspace.from_environment()
        stopped, existed = server.stop(workspace)
        done = [text for text, is_true in (("stopped", stopped), (f"{workspace.folder} removed", existed)) if is_true]
        say(f"Local AWS: {', '.join(done) or 'not running'}.")


@app.command()
def env() -> None:
    """Print shell lines to `eval`, which make aws, boto3 and cdk use the local AWS."""
    with _errors(""):
        say(aws_environment.export_lines(Workspace.from_environment()))


@app.command()
def status() -> None:
    """Print one JSON object: what is running, where, with which model and key."""
    with _errors(""):
        print_json(state.read(Workspace.from_environment()).as_dict())


@app.command()
def demo(
    dataset: Annotated[
        str | None,
        typer.Option(help="A file, a folder of files, s3://bucket/key, `uci`, or `generated` (the default)."),
    ] = None,
    base_model: Annotated[
        str | None, typer.Option(help="Folder or hub id of a pretrained encoder, or `compact` for the default.")
    ] = None,
) -> None:
    """Deploy every stack to the local AWS, train, serve, and classify sample headlines."""
    from local.demo.run import Demo

    with _errors("The deployed stacks stay; `make demo` continues from there."):
        Demo(Workspace.from_environment(), console()).run(dataset=dataset or None, base_model=base_model or None)


@app.command("demo-loop")
def demo_loop(
    poison: Annotated[
        bool, typer.Option("--poison", help="Send a batch of wrong examples instead, from which nothing is learnt.")
    ] = False,
) -> None:
    """On the running demo, go round once: the topics shift, drift is found, people label, a better model is served."""
    from local.demo.loop.run import Loop

    with _errors("What has begun goes on: `rubric --env local history --since 1d` shows it."):
        loop = Loop(Workspace.from_environment(), console())
        loop.poison() if poison else loop.run()


@app.command()
def destroy() -> None:
    """Destroy every stack and count what is left."""
    with _errors("Run `make local-destroy` again to continue."):
        left = destroying.run(Workspace.from_environment(), console())
    raise typer.Exit(1 if left else 0)


@app.command()
def leftovers(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List and count every resource in the local AWS; exit status 1 if there is any, except the bootstrap's."""
    with _errors(""):
        left = destroying.count(Workspace.from_environment(), console(), as_json=as_json)
    raise typer.Exit(1 if left else 0)


@app.command()
def interrupt(job: Annotated[str, typer.Argument(help="The name of a training job on spot capacity.")]) -> None:
    """Interrupt a training job, as AWS may with `training.spot: true`; it resumes from its checkpoint."""
    with _errors(""):
        server.interrupt(Workspace.from_environment(), job)
        say(f"{job} was interrupted and restarts: its log and its secondary statuses show it.")


@contextmanager
def _errors(after_interrupt: str) -> Iterator[None]:
    """Prints one clear line for an error and sets the exit status."""
    try:
        yield
    except CliError as error:
        complain(f"error: {error}")
        raise typer.Exit(1) from None
    except (ClientError, BotoCoreError) as error:
        complain(f"error: the local AWS: {error}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        complain(f"\ninterrupted. {after_interrupt}".rstrip())
        raise typer.Exit(_INTERRUPTED) from None
