"""Split an input file of a transform job into records and mini-batches."""

from collections.abc import Iterator
from typing import Protocol

_READ_BYTES = 1 << 20


class Readable(Protocol):
    """A binary stream."""

    def read(self, size: int, /) -> bytes: ...


class PayloadTooLargeError(Exception):
    """A record does not fit in any request."""


def whole(body: Readable, *, limit: int) -> Iterator[bytes]:
    """Yield the stream as one payload of at most `limit` bytes. Raises PayloadTooLargeError."""
    content = b""
    while len(content) <= limit and (part := body.read(_READ_BYTES)):
        content += part
    if len(content) > limit:
        raise PayloadTooLargeError
    yield content


def single(body: Readable, *, limit: int) -> Iterator[bytes]:
    """Yield one payload for each line. Raises PayloadTooLargeError."""
    yield from lines(body, longest=limit)


def multi(body: Readable, *, limit: int) -> Iterator[bytes]:
    """Yield payloads with as many lines as fit in `limit` bytes, newlines included. Raises PayloadTooLargeError."""
    batch: list[bytes] = []
    size = 0
    for line in lines(body, longest=limit - 1):
        if size + len(line) + 1 > limit:
            yield b"".join(batch)
            batch, size = [], 0
        batch += (line, b"\n")
        size += len(line) + 1
    if batch:
        yield b"".join(batch)


def lines(body: Readable, *, longest: int) -> Iterator[bytes]:
    """Yield the lines without their newlines; anything after the last newline is a line too.

    Holds little more than the longest line. Raises PayloadTooLargeError for a line of more than `longest` bytes.
    """
    rest: list[bytes] = []
    size = 0
    while part := body.read(_READ_BYTES):
        first, *others = part.split(b"\n")
        rest.append(first)
        size += len(first)
        if size > longest:
            raise PayloadTooLargeError
        if not others:
            continue
        yield b"".join(rest)
        *complete, last = others
        for line in complete:
            if len(line) > longest:
                raise PayloadTooLargeError
            yield line
        rest, size = [last], len(last)
    if size > longest:
        raise PayloadTooLargeError
    if size:
        yield b"".join(rest)
