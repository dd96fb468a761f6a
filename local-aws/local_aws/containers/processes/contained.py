"""Become the given command: `python -I -S contained.py <pid of the server> <network> <command> [argument ...]`.

First ask the kernel to end this process when the server thread that started it ends, for any reason. This is a separate
program because running Python code between fork and exec is not safe in a threaded server.

`<network>` is `shared` (the machine's), `namespace:<pid>` (the network of that process: namespace.py) or `closed`: the
process answers whoever asks, and can open no TCP connection itself, by Landlock (the kernel's
Documentation/userspace-api/landlock.rst, ABI 4 of Linux 6.7). `closed:<port>,<port>` leaves it connections to these.
"""

import ctypes
import os
import signal
import struct
import sys
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
# The same numbers on every architecture (arch/*/entry/syscalls).
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ABI_WITH_NETWORK = 4
_CREATE_RULESET_VERSION, _RULE_NET_PORT, _ACCESS_NET_CONNECT_TCP = 1, 2, 2

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Never return: become the command, or exit with 127 if the command cannot run."""
    server, network, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    try:
        _enter(network)
    except OSError as error:
        sys.exit(f"the container's network could not be taken away: {error}")
    if sys.platform == "linux":
        # After a change of namespaces, which may clear it (prctl(2)).
        _call(_libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != server:  # the server ended before the line above
            sys.exit(f"the server (process {server}) has ended")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


def landlock_is_there() -> bool:
    """Whether the kernel can refuse a process TCP connections."""
    none = ctypes.c_void_p(None)
    size, flags = ctypes.c_size_t(0), ctypes.c_uint32(_CREATE_RULESET_VERSION)
    if sys.platform != "linux":
        return False
    return bool(_libc.syscall(_CREATE_RULESET, none, size, flags) >= _ABI_WITH_NETWORK)


def _enter(network: str) -> None:
    kind, _, what = network.partition(":")
    if kind == "namespace":
        _join(int(what))
    elif kind == "closed":
        _close([int(port) for port in what.split(",") if port])


def _join(holder: int) -> None:
    """Enter another process's network, and the user namespace in which it was made, if that is not this one's."""
    for name, kind in (("user", CLONE_NEWUSER), ("net", CLONE_NEWNET)):
        path = f"/proc/{holder}/ns/{name}"
        if Path(path).readlink() == Path(f"/proc/self/ns/{name}").readlink():
            continue
        namespace = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _call(_libc.setns(namespace, kind), f"setns({name})")
        finally:
            os.close(namespace)


def _close(ports: list[int]) -> None:
    """Refuse this process and its children every TCP connection that they open, except to these ports."""
    _call(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    handled = struct.pack("=QQ", 0, _ACCESS_NET_CONNECT_TCP)
    ruleset = _call(
        _libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), ctypes.c_uint32(0)),
        "landlock_create_ruleset",
    )
    for port in ports:
        rule = struct.pack("=QQ", _ACCESS_NET_CONNECT_TCP, port)
        added = _libc.syscall(_ADD_RULE, ruleset, _RULE_NET_PORT, rule, ctypes.c_uint32(0))
        _call(added, "landlock_add_rule")
    _call(_libc.syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)), "landlock_restrict_self")
    os.close(ruleset)


def _call(result: int, name: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


if __name__ == "__main__":
    main()
