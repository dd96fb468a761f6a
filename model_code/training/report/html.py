"""HTML elements. Each function escapes ``str`` arguments and leaves Markup, which it also returns, unchanged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup, escape  # torch brings it, for Jinja2

NOTHING = "–"
Content = str | Markup


def join(parts: Iterable[Content]) -> Markup:
    """The parts, concatenated."""
    return Markup("").join(parts)


def tag(name: str, *parts: Content, **attributes: str) -> Markup:
    """An element; an attribute's final underscore is dropped, others become hyphens."""
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items() if value
    )
    return Markup(f"<{name}{named}>{join(parts)}</{name}>")


def paragraph(*parts: Content, quiet: bool = False) -> Markup:
    """A paragraph; a quiet one is small and grey."""
    return tag("p", *parts, class_="quiet" if quiet else "")


def missing(figure: str) -> Markup:
    """A note in place of a figure that the evaluation lacks."""
    return tag("p", f"Not measured: {figure}.", class_="missing")


def section(key: str, title: str, *parts: Content) -> Markup:
    """A section of the page, which the contents link to."""
    return tag("section", tag("h2", title, id=f"{key}-title"), *parts, id=key, aria_labelledby=f"{key}-title")


def card(*parts: Content, title: str = "", wide: bool = False) -> Markup:
    """A box in the page's grid."""
    head = [tag("h3", title)] if title else []
    return tag("div", *head, *parts, class_="card wide" if wide else "card")


def grid(*cards: Content, two: bool = False) -> Markup:
    """Cards side by side where there is room; ``two``: never more than two."""
    return tag("div", *cards, class_="grid two" if two else "grid")


def chart(svg: str) -> Markup:
    """A chart of model_code.training.drawing.charts, which scrolls if it is wider than the page."""
    return tag("div", Markup(svg), class_="scroll", tabindex="0" if "min-width" in svg[:400] else "")


def table(
    caption: str, columns: Sequence[Content], rows: Iterable[Sequence[Content]], *, numbers: bool = True
) -> Markup:
    """A table whose first column names the row; ``numbers`` aligns the others to the right."""
    head = tag("tr", *(tag("th", column, scope="col") for column in columns))
    body = [tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:])) for row in rows]
    drawn = tag(
        "table", tag("caption", caption), tag("thead", head), tag("tbody", *body), class_="numbers" if numbers else ""
    )
    return tag("div", drawn, class_="scroll", tabindex="0", role="region", aria_label=caption)


def details(summary: str, *parts: Content) -> Markup:
    """Parts that are shown on demand."""
    return tag("details", tag("summary", summary), *parts)


def facts(pairs: Iterable[tuple[str, Content]]) -> Markup:
    """Names and values, as a definition list."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs), class_="facts")


def tile(name: str, value: Content, note: Content = "") -> Markup:
    """One figure, large."""
    return tag(
        "div",
        tag("dt", name),
        tag("dd", tag("span", value, class_="figure"), *([tag("span", note, class_="quiet")] if note else [])),
        class_="tile",
    )


def tiles(*each: Content) -> Markup:
    """Figures side by side."""
    return tag("dl", *each, class_="tiles")


def number(value: Any) -> float | None:
    """A finite number, or None for any other value."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def percent(value: Any, digits: int = 1) -> str:
    """93.4 %."""
    share = number(value)
    return NOTHING if share is None else f"{share * 100:.{digits}f}\u00a0%"


def points(value: Any) -> str:
    """+1.2 points, with a real minus."""
    share = number(value)
    return NOTHING if share is None else signed(share * 100, 1) + "\u00a0points"


def signed(value: float, digits: int) -> str:
    """With its sign, except zero."""
    written = f"{value:+.{digits}f}"
    return written.lstrip("+-") if float(written) == 0 else written.replace("-", "−")


def count(value: Any) -> str:
    """12,500."""
    amount = number(value)
    return NOTHING if amount is None else f"{amount:,.0f}"


def decimal(value: Any, digits: int = 3) -> str:
    """0.042."""
    amount = number(value)
    return NOTHING if amount is None else f"{amount:,.{digits}f}"


def small(value: Any) -> str:
    """Two significant digits: 0.0012, 9.8e-08."""
    amount = number(value)
    return NOTHING if amount is None else f"{amount:.2g}"


def chance(value: Any) -> str:
    """A p value: = 0.034, < 0.001."""
    amount = number(value)
    if amount is None:
        return NOTHING
    return "<\u00a00.001" if amount < 0.001 else f"=\u00a0{amount:.3f}"


def span(interval: Any) -> str:
    """An interval of shares: 91.2–94.5 %."""
    both = pair(interval)
    return f"{both[0] * 100:.1f}–{both[1] * 100:.1f}\u00a0%" if both else ""


def span_of_points(interval: Any) -> str:
    """An interval of differences of shares: −0.5 to +1.2."""
    both = pair(interval)
    return f"{signed(both[0] * 100, 1)} to {signed(both[1] * 100, 1)}" if both else NOTHING


def pair(interval: Any) -> tuple[float, float] | None:
    """Two numbers, or None for any other value."""
    if not isinstance(interval, list | tuple) or len(interval) != 2:
        return None
    low, high = number(interval[0]), number(interval[1])
    return None if low is None or high is None else (low, high)


def money(usd: float) -> str:
    """$1.24; below a cent, in tenths of one."""
    return f"${usd:,.2f}" if usd >= 0.01 else f"{usd * 100:.1f} cents"


def sentence(text: Any) -> str:
    """With a capital and a full stop."""
    written = str(text).strip().rstrip(".")
    return written[:1].upper() + written[1:] + "."


def duration(seconds: Any) -> str:
    """45 s, 3 min 20 s, 2 h 5 min."""
    amount = number(seconds)
    if amount is None:
        return NOTHING
    whole = round(amount)
    if amount < 60:
        return f"{amount:.0f} s" if amount >= 10 else f"{amount:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def plural(amount: Any, one: str, many: str = "") -> str:
    """1 text, 2 texts."""
    return f"{count(amount)} {one if number(amount) == 1 else many or one + 's'}"


def mapping(value: Any) -> dict[str, Any]:
    """A dictionary, empty for any other value."""
    return value if isinstance(value, dict) else {}


def listing(value: Any) -> list[Any]:
    """A list, empty for any other value."""
    return value if isinstance(value, list) else []
