"""The messages of MongoDB's wire protocol that drivers send: OP_MSG, and OP_QUERY for the first handshake.

Source: "MongoDB Wire Protocol" in MongoDB's manual.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from socket import socket
from typing import Any, NamedTuple

import bson

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
_HEADER = struct.Struct("<iiii")
_CHECKSUM_PRESENT = 1
_LONGEST = 48_000_000  # bytes: maxMessageSizeBytes

Document = dict[str, Any]


class Message(NamedTuple):
    """A message as it is on the wire: `payload` is what follows the header."""

    request_id: int
    response_to: int
    opcode: int
    payload: bytes

    def packed(self) -> bytes:
        """Its bytes."""
        length = _HEADER.size + len(self.payload)
        return _HEADER.pack(length, self.request_id, self.response_to, self.opcode) + self.payload


def received(source: socket) -> Message | None:
    """The next message; None at the end. Raises ValueError for what is none."""
    header = _exactly(source, _HEADER.size)
    if header is None:
        return None
    length, request_id, response_to, opcode = _HEADER.unpack(header)
    if not _HEADER.size <= length <= _LONGEST:
        raise ValueError(f"a message of {length} bytes")
    payload = _exactly(source, length - _HEADER.size)
    return None if payload is None else Message(request_id, response_to, opcode, payload)


def document(message: Message) -> Document | None:
    """The command or reply in a message, its document sequences as lists; None in one of another kind."""
    payload = message.payload
    if message.opcode == OP_QUERY:
        start = payload.index(b"\0", 4) + 1 + 8
        return _first(payload[start:])
    if message.opcode == OP_REPLY:
        return _first(payload[20:])
    if message.opcode != OP_MSG:
        return None
    (flags,) = struct.unpack_from("<I", payload)
    end = len(payload) - (4 if flags & _CHECKSUM_PRESENT else 0)
    body: Document = {}
    sequences: Document = {}
    at = 4
    while at < end:
        kind, at = payload[at], at + 1
        (size,) = struct.unpack_from("<i", payload, at)
        if kind == 0:
            body = bson.decode(payload[at : at + size])
        else:
            name_end = payload.index(b"\0", at + 4)
            name = payload[at + 4 : name_end].decode()
            sequences[name] = bson.decode_all(payload[name_end + 1 : at + size])
        at += size
    return body | sequences


def with_document(message: Message, body: Mapping[str, Any]) -> Message:
    """The reply with another document."""
    kept = message.payload[:20] if message.opcode == OP_REPLY else message.payload[:4] + b"\0"
    if message.opcode == OP_MSG:
        (flags,) = struct.unpack_from("<I", message.payload)
        kept = struct.pack("<I", flags & ~_CHECKSUM_PRESENT) + b"\0"
    return message._replace(payload=kept + bson.encode(body))


def reply(to: Message, body: Mapping[str, Any]) -> Message:
    """A reply to an OP_MSG."""
    return Message(0, to.request_id, OP_MSG, struct.pack("<I", 0) + b"\0" + bson.encode(body))


def _first(data: bytes) -> Document:
    (size,) = struct.unpack_from("<i", data)
    return bson.decode(data[:size])


def _exactly(source: socket, count: int) -> bytes | None:
    parts = []
    while count:
        part = source.recv(min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
