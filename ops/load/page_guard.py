"""Locust's page is this machine's user's alone: no other site's page may start a load, or say where it goes.

A load goes with this user's API key or signatures. Source of what browsers send: W3C Fetch Metadata Request Headers,
WHATWG Fetch (`Origin`).
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request


def install(app: Flask, *, port: int) -> None:
    """Refuse what a browser sends for another site, and names that are not this machine's (DNS rebinding)."""

    @app.before_request
    def refuse() -> Response | None:
        reason = refusal(request.headers, port=port)
        return Response(reason + "\n", status=403, mimetype="text/plain") if reason else None


def refusal(headers: Any, *, port: int) -> str | None:
    """Why a request is refused, or None. headers: a mapping that ignores case."""
    host = headers.get("Host", "")
    if host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return f"This page is http://127.0.0.1:{port} only."
    from_elsewhere = headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if from_elsewhere or headers.get("Origin", f"http://{host}") != f"http://{host}":
        return f"This page takes no requests of other sites: type http://127.0.0.1:{port} into the address bar."
    return None
