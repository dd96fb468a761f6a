"""Hold a network that has nothing but its own loopback: `python -I -S namespace.py`.

Prints `ready` once it is there, or why it cannot be, and ends when its standard input is closed. contained.py enters
it. An unprivileged user gets one inside a user namespace of its own (user_namespaces(7)), where the system allows that.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1  # netdevice(7)


def main() -> None:
    """Exit with 1 if there cannot be such a network."""
    try:
        _separate()
        _loopback_up()
    except OSError as error:
        print(error.strerror or error, flush=True)
        sys.exit(1)
    print("ready", flush=True)
    sys.stdin.buffer.read()


def _separate() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) == 0:
        return
    user, group = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")
    for name, content in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path(f"/proc/self/{name}").write_text(content, encoding="ascii")


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh22x", b"lo", 0)
        (flags,) = struct.unpack("16xh22x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, asked))
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


if __name__ == "__main__":
    main()
