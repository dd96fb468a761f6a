"""The files of the console and of the API reference. Their URLs are relative: the API may be under a path prefix."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_STATIC = Path(__file__).resolve().parent / "static"

# Only the page's own files and the API; no inline script or style.
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

# The modules of the console's script, each after those that it imports.
CONSOLE_PARTS = (
    *("dom", "task", "session", "api", "notices", "labels", "feedback", "classify"),
    *("requests", "agreement", "labelling", "stats", "model", "drift", "snippets", "tabs", "health", "main"),
)
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function|class) (\w+))", re.MULTILINE)


@cache
def text(name: str) -> str:
    """A file's text."""
    if name == "console.js":
        return _joined(CONSOLE_PARTS)
    return (_STATIC / name).read_text("utf-8")


def _joined(names: tuple[str, ...]) -> str:
    """The ES modules of console/ as one script: a browser would need a request for each of them.

    A module becomes a function that returns its exports; imports read the exports of earlier modules.
    """
    parts = ['"use strict";\nconst parts = {};']
    for name in names:
        source = (_STATIC / "console" / f"{name}.js").read_text("utf-8")
        exported = ", ".join(_EXPORT.findall(source))
        body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = parts.\2;", source))
        parts.append(f"// console/{name}.js\nparts.{name} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();")
    return "\n\n".join(parts) + "\n"


def headers() -> dict[str, str]:
    """The security headers of the page and its files."""
    return {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
    }
