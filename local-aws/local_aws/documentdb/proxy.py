"""Stands between drivers and the server: answers what DocumentDB refuses, and passes on the rest."""

from __future__ import annotations

import contextlib
import socket
import threading

from local_aws.documentdb import refusals, wire

HOST = "127.0.0.1"
REPLICA_SET = "rs0"  # every DocumentDB cluster's


class Proxy:
    """Listens on a free port of this machine (`port`) and connects to the server's. Each connection has two threads."""

    def __init__(self, *, server_port: int, port: int = 0) -> None:
        self._server = (HOST, server_port)
        self._listener = socket.create_server((HOST, port))
        self.port: int = self._listener.getsockname()[1]

    def serve(self) -> None:
        """Take connections until the process ends."""
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), client, socket.create_connection(self._server) as server:
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._replies, args=(server, client), daemon=True).start()
            while message := wire.received(client):
                command = wire.document(message)
                if command is None:
                    return  # compressed, or of a protocol that DocumentDB has not either
                refused = refusals.refusal(command)
                if refused is None:
                    server.sendall(message.packed())
                else:
                    client.sendall(wire.reply(message, refused.document()).packed())

    def _replies(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while message := wire.received(server):
                client.sendall(self.as_cluster(message).packed())
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def as_cluster(self, message: wire.Message) -> wire.Message:
        """A handshake's reply that names this port and DocumentDB's replica set: a driver connects to what it names."""
        if b"setName" not in message.payload:
            return message
        body = wire.document(message)
        if body is None or "hosts" not in body:
            return message
        here = f"{HOST}:{self.port}"
        return wire.with_document(
            message, {**body, "setName": REPLICA_SET, "hosts": [here], "me": here, "primary": here}
        )
