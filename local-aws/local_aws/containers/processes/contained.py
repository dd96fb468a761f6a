"""Become the given command: `python -I -S contained.py <pid of the server> <command> [argument ...]`.

First ask the kernel to end this process when the server thread that started it ends, for any reason. This is a separate
program because running Python code between fork and exec is not safe in a threaded server.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Never return: become the command, or exit with 127 if the command cannot run."""
    server, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
            sys.exit(f"prctl(PR_SET_PDEATHSIG) failed: {os.strerror(ctypes.get_errno())}")
        if os.getppid() != server:  # the server ended before the line above
            sys.exit(f"the server (process {server}) has ended")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main()
