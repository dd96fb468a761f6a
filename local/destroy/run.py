"""`make local-destroy`: `cdk destroy --all` on the local AWS, then a count of what is left over."""

from rich.console import Console

from local import server
from local.deployment import cdk_cli, state, unfinished
from local.deployment.progress import SYNTH, DeployProgress
from local.destroy import leftovers, report
from local.errors import CliError
from local.screen.board import Board
from local.screen.views import shown
from local.workspace import Workspace

_UNFINISHED = "unfinished"


def run(workspace: Workspace, console: Console) -> int:
    """Destroy every stack. Returns how many resources are left over. Raises CliError."""
    running = server.find(workspace)
    if running is None:
        raise CliError(
            "The local AWS is not running, so there is nothing to destroy; `make local-down` deletes its state."
        )
    board = Board()
    with shown(board, console):
        try:
            _destroy(workspace, board, running)
        except Exception:
            board.fail_running()
            raise
    workspace.demo_file.unlink(missing_ok=True)
    return count(workspace, console, as_json=False)


def count(workspace: Workspace, console: Console, *, as_json: bool) -> int:
    """Print what is left over. Returns how many resources that is."""
    if server.find(workspace) is None:
        raise CliError("The local AWS is not running: `make demo` or `python -m local up` starts it.")
    resources = leftovers.collect(lambda service: state.client(workspace, service))
    return report.show(resources, console, as_json=as_json)


def _destroy(workspace: Workspace, board: Board, running: server.Server) -> None:
    def say(text: str) -> None:
        board.begin(_UNFINISHED, "unfinished stacks")
        board.progress(_UNFINISHED, detail=text)

    unfinished.settle(workspace, server_started=running.started, say=say)
    if _UNFINISHED in board.stages:
        board.end(_UNFINISHED)
    log = workspace.logs / "destroy.log"
    progress = DeployProgress(board, prefix=workspace.stack_prefix, cdk_output=workspace.cdk_output)
    board.begin(SYNTH, "cdk synth")
    code = cdk_cli.run(
        workspace, cdk_cli.destroy_arguments(workspace), log=log, cwd=workspace.root, on_line=progress.line
    )
    if code:
        raise CliError(f"cdk destroy failed: {progress.reason()}\nThe full output is in {log}.")
    board.end(SYNTH)
