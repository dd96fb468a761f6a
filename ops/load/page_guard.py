"""Protects Locust's page: no other website may start a load or choose its target.

A load uses this user's API key or signatures. Sources for the headers that browsers send: W3C Fetch Metadata Request
Headers, WHATWG Fetch (`Origin`).
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request


def install(app: Flask, *, port: int) -> None:
    """Refuse requests that a browser sends for another site, and other host names (DNS rebinding)."""

    @app.before_request
    def refuse() -> Response | None:
        reason = refusal(request.headers, port=port)
        return Response(reason + "\n", status=403, mimetype="text/plain") if reason else None


def refusal(headers: Any, *, port: int) -> str | None:
    """Why a request is refused, or None. headers: a case-insensitive mapping."""
    host = headers.get("Host", "")
    if host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return f"This page is only available at http://127.0.0.1:{port}."
    from_elsewhere = headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if from_elsewhere or headers.get("Origin", f"http://{host}") != f"http://{host}":
        return f"This page refuses requests from other sites: type http://127.0.0.1:{port} into the address bar."
    return None
