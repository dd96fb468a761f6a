"""Reports as pages in one file: no script, nothing loaded, readable on a light and on a dark screen."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --quiet: #5c6675; --line: #c9d1dc; --new: #b3432b; --old: #2f6f9f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7ebf1; --quiet: #a2adbb; --line: #3b4655; --new: #f08a6c; --old: #7fb8e0; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
p.quiet, td, th, text { color: var(--quiet); fill: var(--quiet); font-size: 13px; }
table { border-collapse: collapse; } td, th { text-align: right; padding: .15rem .7rem; }
td:first-child, th:first-child { text-align: left; color: var(--ink); overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; }
"""


def document(title: str, parts: Sequence[str], *, style: str) -> str:
    """The whole page. title: plain text; parts: HTML; style: rules besides those that all pages share."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE.rstrip()}{style}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(parts) + "\n</body></html>\n"
