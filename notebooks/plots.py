"""Shows SVG charts in a notebook."""

from __future__ import annotations

from IPython.display import HTML, display

_FRAME = '<div style="display: inline-block; width: 100%; max-width: 40rem; margin: 0 1rem 1rem 0">{}</div>'


def show(*svgs: str) -> None:
    """Charts side by side where the page is wide enough."""
    if svgs:
        display(HTML("".join(map(_FRAME.format, svgs))))
