"""`python -m local_aws`: serve, start, stop, status, env, interrupt, check."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from local_aws.command import background, interrupt, state_folder, variables
from local_aws.command.errors import CommandError
from local_aws.command.state_folder import StateFolder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. An error prints one line and gives exit status 1."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except CommandError as error:
        print(json.dumps(error.as_dict()) if options.json else f"local-aws: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local_aws", description="A local AWS on this machine.")
    parser.add_argument(
        "--folder", help=f"the state folder [{state_folder.FOLDER}, else {state_folder.DEFAULT_FOLDER}]"
    )
    parser.add_argument(
        "--port", help=f"[{state_folder.PORT}, else the last one used, else {state_folder.DEFAULT_PORT}]"
    )
    parser.add_argument("--json", action="store_true", help="errors and `env` as JSON, for programs")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run in the foreground until SIGTERM or SIGINT")
    commands.add_parser("start", help="start in the background, unless it is running")
    stop = commands.add_parser("stop", help="stop it and all its processes")
    stop.add_argument("--forget", action="store_true", help="also delete the state folder")
    commands.add_parser("status", help="show whether it is running, and where")
    commands.add_parser("env", help="print shell lines that point AWS tools at it")
    job = commands.add_parser("interrupt", help="interrupt a spot training job, as AWS may")
    job.add_argument("job", help="a training job's name")
    commands.add_parser("check", help="print MiniStack's private names as JSON; exit status 1 if one has moved")
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.command == "check":
        from local_aws.server import main as server

        return server.check()
    folder = StateFolder.from_environment(folder=options.folder, port=options.port)
    if options.command == "serve":
        from local_aws.server import main as server

        os.environ.update({state_folder.FOLDER: str(folder.path), state_folder.PORT: str(folder.port)})
        return server.serve()
    if options.command == "env" and not options.json:
        print(variables.shell_lines(folder))
        return 0
    print(json.dumps(_answer(options, folder), indent=2))
    return 0


def _answer(options: argparse.Namespace, folder: StateFolder) -> dict[str, Any]:
    if options.command == "start":
        server, lost = background.start(folder)
        return {**asdict(server), "endpoint_url": folder.endpoint_url, "state_lost": lost}
    if options.command == "stop":
        stopped = background.stop(folder)
        return {"stopped": stopped, "removed": background.remove_state(folder) if options.forget else False}
    if options.command == "status":
        running = background.find(folder)
        return {
            "running": running is not None,
            "answers": running is not None and background.answers(folder),
            "endpoint_url": folder.endpoint_url,
            "folder": str(folder.path),
            **(asdict(running) if running else {"pid": None, "port": folder.port, "started": None}),
        }
    if options.command == "env":
        return {"set": variables.of(folder), "unset": list(variables.UNSET)}
    interrupt.run(folder, options.job)
    return {"interrupted": options.job}
