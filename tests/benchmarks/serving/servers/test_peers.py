"""Tests the compared servers: the requests that each gets, and where each can be installed."""

from __future__ import annotations

from benchmarks.serving.servers import peers
from model_code.serving import protocol


def test_bodies_are_what_this_projects_servers_read() -> None:
    for texts in (["Oil falls"], ["Oil falls", 'a "quoted" one']):
        assert protocol.parse(peers.PEERS[peers.LEAN].body(texts), protocol.JSON).texts == texts
    assert peers.PEERS[peers.OURS].body is peers.PEERS[peers.LEAN].body is peers.PEERS[peers.DEFAULT].body


def test_infinity_is_left_out_where_it_has_no_release() -> None:
    assert peers.installable((3, 13)) == tuple(peers.PEERS)
    assert peers.installable((3, 14)) == (peers.DEFAULT, peers.OURS, peers.LEAN)
