"""Messages of the wire protocol, as the driver makes them."""

from __future__ import annotations

import socket
import struct
import threading

import bson
import pytest

from local_aws.documentdb import proxy, wire


def op_msg(body: bytes, *, flags: int = 0, end: bytes = b"") -> wire.Message:
    return wire.Message(7, 0, wire.OP_MSG, struct.pack("<I", flags) + b"\0" + body + end)


def test_a_command_s_document_sequences_are_read_with_it() -> None:
    documents = bson.encode({"q": 1}) + bson.encode({"q": 2})
    sequence = b"\1" + struct.pack("<i", 4 + len(b"updates\0") + len(documents)) + b"updates\0" + documents
    message = op_msg(bson.encode({"update": "c"}), end=sequence)
    assert wire.document(message) == {"update": "c", "updates": [{"q": 1}, {"q": 2}]}


def test_a_checksum_is_no_section() -> None:
    assert wire.document(op_msg(bson.encode({"ping": 1}), flags=1, end=b"\1\2\3\4")) == {"ping": 1}
    changed = wire.with_document(op_msg(bson.encode({"ping": 1}), flags=1, end=b"\1\2\3\4"), {"pong": 1})
    assert wire.document(changed) == {"pong": 1}


def test_the_first_handshake_is_read_in_its_older_form() -> None:
    query = struct.pack("<i", 0) + b"admin.$cmd\0" + struct.pack("<ii", 0, -1) + bson.encode({"ismaster": 1})
    assert wire.document(wire.Message(1, 0, wire.OP_QUERY, query)) == {"ismaster": 1}
    reply = wire.Message(2, 1, wire.OP_REPLY, b"\0" * 20 + bson.encode({"ok": 1}))
    assert wire.document(wire.with_document(reply, {"ok": 2})) == {"ok": 2}


def test_a_message_of_another_kind_has_no_document() -> None:
    assert wire.document(wire.Message(1, 0, 2012, b"compressed")) is None


def test_a_message_is_received_whole_however_it_is_cut() -> None:
    here, there = socket.socketpair()
    message = op_msg(bson.encode({"ping": 1, "text": "x" * 5000}))
    data = message.packed()

    def send() -> None:
        for start in range(0, len(data), 700):
            there.sendall(data[start : start + 700])
        there.close()

    threading.Thread(target=send, daemon=True).start()
    assert wire.received(here) == message
    assert wire.received(here) is None
    here.close()


def test_what_is_no_message_is_refused() -> None:
    here, there = socket.socketpair()
    there.sendall(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(ValueError, match="a message of"):
        wire.received(here)
    for one in (here, there):
        one.close()


def test_a_driver_is_told_the_proxy_s_own_address() -> None:
    named = proxy.Proxy(server_port=1)
    hello = op_msg(bson.encode({"setName": "other", "hosts": ["127.0.0.1:1"], "me": "127.0.0.1:1", "ok": 1}))
    answer = wire.document(named.as_cluster(hello))
    assert answer is not None
    here = f"127.0.0.1:{named.port}"
    assert (answer["setName"], answer["hosts"], answer["me"], answer["primary"]) == ("rs0", [here], here, here)
    other = op_msg(bson.encode({"values": ["setName"], "ok": 1}))
    assert named.as_cluster(other) == other
