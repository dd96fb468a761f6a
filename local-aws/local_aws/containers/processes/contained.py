"""Becomes the command it is given: `python -I -S contained.py <pid of the server> <command> [argument ...]`.

Before that it asks the kernel to end this process when the server's thread that started it ends, however that happens.
A program of its own, because Python code between fork and exec is not safe in a threaded server.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Never returns: ends as the command, or with 127 where the command cannot be run."""
    server, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
            sys.exit(f"prctl(PR_SET_PDEATHSIG) failed: {os.strerror(ctypes.get_errno())}")
        if os.getppid() != server:  # it ended before the line above
            sys.exit(f"the server (process {server}) has ended")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main()
