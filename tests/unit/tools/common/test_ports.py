"""Tests finding a free port for a server."""

import socket
from pathlib import Path

import pytest

from tools.common.ports import free_port


def test_a_port_is_chosen_among_those_that_are_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"no port between {port} and {port} is free"):
            free_port([port])
    assert free_port([port]) == port


def test_a_port_that_is_chosen_is_given_to_no_outgoing_connection() -> None:
    ephemeral = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(ephemeral.read_text().split()[0]) if ephemeral.exists() else 49_152
    assert max(free_port() for _ in range(200)) < first
