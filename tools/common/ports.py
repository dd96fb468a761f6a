"""Finds a free port for a server."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Sequence

# Below what Linux (from 32,768) and macOS (from 49,152) give to outgoing connections, one of which could take the
# port between this look and the server's start. The Hugging Face container's Java server refuses 32,767 and above.
PORTS = range(20_000, 32_000)


def free_port(among: Sequence[int] = PORTS) -> int:
    """A port of 127.0.0.1 that nothing listens on.

    Raises:
        OSError: every port of `among` is in use.
    """
    for port in random.sample(among, len(among)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"no port between {min(among)} and {max(among)} is free: stop what listens there")
