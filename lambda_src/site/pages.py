"""The pages' files: the console and the contract's. Their URLs are relative, as the API may stand under a prefix."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_STATIC = Path(__file__).resolve().parent / "static"

# Nothing but the page's own files and the API beside them; no inline script or style.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

FILES = {
    "GET /": ("console.html", "text/html; charset=utf-8"),
    "GET /console.js": ("console.js", "text/javascript; charset=utf-8"),
    "GET /console.css": ("console.css", "text/css; charset=utf-8"),
    "GET /docs": ("docs.html", "text/html; charset=utf-8"),
    "GET /docs.js": ("docs.js", "text/javascript; charset=utf-8"),
    "GET /docs.css": ("docs.css", "text/css; charset=utf-8"),
}


@cache
def text(name: str) -> str:
    """A file's text."""
    return (_STATIC / name).read_text("utf-8")


def headers() -> dict[str, str]:
    """The security headers of the page and its files."""
    return {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
    }
