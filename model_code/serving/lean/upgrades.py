"""Requests that offer another protocol are answered in HTTP/1.1, like any other.

Java's HTTP client and ``curl --http2`` offer HTTP/2 with each request over plain text (``Upgrade: h2c``). A server may
ignore an offer (RFC 9110, 7.8), but httptools takes it: it ends the request before its body, and expects the other
protocol in what follows. Here the head is parsed once more, without the offer, and then the body.
"""

from __future__ import annotations

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class RequestParser:
    """``httptools.HttpRequestParser`` for ``protocol``, whose callbacks it calls, but no offer is taken."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._again = False  # the protocol knows the head that is being parsed
        self._parser = self._new()

    def feed_data(self, data: bytes) -> None:
        """Parse more of the connection's bytes. httptools.HttpParserError."""
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                if self._parser.get_method() == b"CONNECT":  # not an offer: the client wants a tunnel
                    raise
                data = data[offer.args[0] :]
                self._parse_again()
            else:
                return

    def should_upgrade(self) -> bool:
        """Never."""
        return False

    def should_keep_alive(self) -> bool:
        """Whether the connection stays open after the request."""
        return bool(self._parser.should_keep_alive())

    def get_http_version(self) -> str:
        """The request's version, such as "1.1"."""
        return str(self._parser.get_http_version())

    def get_method(self) -> bytes:
        """The request's method, such as b"POST"."""
        return bytes(self._parser.get_method())

    def on_message_begin(self) -> None:
        """Called by httptools, as the methods below."""
        if not self._again:
            self._protocol.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._again:
            self._protocol.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._again:
            self._protocol.on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self._again:
            self._protocol.on_headers_complete()
        self._again = False

    def on_body(self, body: bytes) -> None:
        self._protocol.on_body(body)

    def on_message_complete(self) -> None:
        if not self._parser.should_upgrade():  # otherwise the body is still to come
            self._protocol.on_message_complete()

    def _new(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        # As uvicorn does: the first of several requests that were sent at once is answered even if it closes.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    def _parse_again(self) -> None:
        """Parse the head once more, without the offer, so that the body is parsed as the head says."""
        method, version = self.get_method(), self.get_http_version().encode()
        kept = [name + b": " + value for name, value in self._protocol.headers if name != b"upgrade"]
        self._again, self._parser = True, self._new()
        self._parser.feed_data(b"\r\n".join([method + b" / HTTP/" + version, *kept, b"", b""]))


class Protocol(HttpToolsProtocol):  # type: ignore[misc]
    """uvicorn's HTTP/1.1, without warnings about offers and with the body of the requests that make them."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.parser = RequestParser(self)
