"""Find ports on this machine for servers that are about to start."""

import random
import socket
import threading
from pathlib import Path

HOST = "127.0.0.1"
_LOWEST_PORT, _EPHEMERAL = 20_000, Path("/proc/sys/net/ipv4/ip_local_port_range")
_port_lock = threading.Lock()
_recent_ports: list[int] = []


def free_port() -> int:
    """Return a free loopback port, below the ephemeral range so that outgoing connections cannot take it."""
    highest = 32_767
    if _EPHEMERAL.exists():
        highest = max(int(_EPHEMERAL.read_text().split()[0]) - 1, _LOWEST_PORT + 1_000)
    with _port_lock:
        for _ in range(1_000):
            port = random.randint(_LOWEST_PORT, highest)
            if port not in _recent_ports and _can_bind(port):
                _recent_ports.append(port)  # its server may not have bound it yet when we look for the next
                del _recent_ports[:-64]
                return port
    raise OSError(f"no free port between {_LOWEST_PORT} and {highest} on {HOST}")


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
