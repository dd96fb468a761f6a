"""The machine's processes: which live, who started whom, and how to end those that are ours."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A live process, its parent and its command line (arguments joined by spaces)."""

    pid: int
    parent: int
    command: str


def table() -> dict[int, Process]:
    """Every live process of the machine by its id; zombies are not alive."""
    return _from_proc() if (_PROC / "self" / "stat").exists() else _from_ps()


def find(pid: int) -> Process | None:
    """The live process with this id."""
    return table().get(pid)


def descendants(pid: int) -> list[Process]:
    """All that the process started and that lives, children of children included."""
    processes = table()
    found: list[Process] = []
    parents = {pid}
    while parents:
        children = [process for process in processes.values() if process.parent in parents]
        found += children
        parents = {process.pid for process in children}
    return found


def stop(processes: Iterable[Process], *, patience: float) -> None:
    """SIGTERM, then SIGKILL after `patience` seconds; a process id that means another program by now is left alone."""
    waiting = {process.pid: process.command for process in processes}
    for kind, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        waiting = _alive(waiting)
        for pid in waiting:
            _signal(pid, kind)
        deadline = time.monotonic() + seconds
        while waiting and time.monotonic() < deadline:
            time.sleep(0.05)
            waiting = _alive(waiting)


def _alive(commands: dict[int, str]) -> dict[int, str]:
    processes = table()
    return {pid: command for pid, command in commands.items() if pid in processes and processes[pid].command == command}


def _signal(pid: int, kind: signal.Signals) -> None:
    try:
        os.kill(pid, kind)
    except ProcessLookupError:
        return


def _from_proc() -> dict[int, Process]:
    found = {}
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # The name in parentheses may itself hold spaces and parentheses.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue  # it ended while we looked
        if fields[0] != "Z":
            found[int(folder.name)] = Process(pid=int(folder.name), parent=int(fields[1]), command=command)
    return found


def _from_ps() -> dict[int, Process]:
    rows = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
    found = {}
    for row in rows.stdout.splitlines():
        pid, parent, state, *command = row.split(None, 3)
        if not state.startswith("Z"):
            found[int(pid)] = Process(pid=int(pid), parent=int(parent), command=" ".join(command))
    return found
