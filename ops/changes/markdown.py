"""A review as a comment in Markdown that GitHub takes: at most 65,536 characters, cut where that loses least."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ops.changes import lines
from ops.changes.permissions.widening import Permission
from ops.changes.resources import lists_of
from ops.changes.review import Review, StackReview
from ops.cost import change_words

# A workflow finds its own comment by this first line, to replace it instead of adding another one.
MARKER = "<!-- rubric stacks changes -->"
# GitHub answers 422 to more: "Body is too long (maximum is 65536 characters)". Bytes are never fewer than characters.
MOST_BYTES = 65_000


@dataclass(frozen=True, kw_only=True)
class Detail:
    """How much is shown: properties of each resource, resources of a stack, permissions of an environment."""

    properties: int
    resources: int
    permissions: int


_DETAILS = (
    Detail(properties=1_000, resources=10_000, permissions=10_000),
    Detail(properties=4, resources=10_000, permissions=10_000),
    Detail(properties=0, resources=10_000, permissions=10_000),
    Detail(properties=0, resources=20, permissions=10_000),
    Detail(properties=0, resources=0, permissions=200),
    Detail(properties=0, resources=0, permissions=60),
    Detail(properties=0, resources=0, permissions=15),
)


def comment(reviews: Sequence[Review], *, whole: str = "") -> str:
    """The comment. whole: where the whole list is, for a comment that had to be cut (a URL, for instance)."""
    for detail in _DETAILS:
        cut = detail is not _DETAILS[0]
        text = "\n".join(_comment(reviews, detail, whole=whole if cut else None)) + "\n"
        if len(text.encode()) <= MOST_BYTES:
            return text
    # Hundreds of environments, or names of many kilobytes: the beginning has the table and the first environments.
    start = text.encode()[: MOST_BYTES - 200].decode(errors="ignore").rpartition("\n")[0]
    return f"{start}\n\n**Cut here.** {_pointer(whole)}\n"


def _pointer(whole: str) -> str:
    return f"The whole list: {whole or '`rubric stacks changes` with the same assembly, in a terminal'}."


def _comment(reviews: Sequence[Review], detail: Detail, *, whole: str | None) -> Iterator[str]:
    yield MARKER
    yield "## What this change does"
    yield ""
    yield from _table(reviews)
    if whole is not None:
        yield ""
        yield f"This comment is shortened to fit. {_pointer(whole)}"
    for review in reviews:
        if review.changed or review.images or review.asked:
            yield from _environment(review, detail)


def _table(reviews: Sequence[Review]) -> Iterator[str]:
    yield "| environment | resources | permissions | data | images | USD a month |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for review in reviews:
        count = sum(len(stack.widened) for stack in review.stacks)
        loses = lines.lost(review)
        cells = (
            _plain(lines.title(review)),
            lines.resources(review),
            f"**{lines.counted(count, 'widens', 'widen')}**" if count else "no widening",
            f"**{lines.counted(loses, 'resource loses', 'resources lose')} data**" if loses else "none lost",
            f"**{lines.counted(len(review.images), 'to look at', 'to look at')}**" if review.images else "patched",
            change_words.short(review.cost) if review.cost else "unknown" if review.cost_problem else "",
        )
        yield f"| {' | '.join(cells)} |"


def _environment(review: Review, detail: Detail) -> Iterator[str]:
    yield ""
    yield f"### {_plain(lines.title(review))}"
    yield ""
    yield f"Compared with {review.compared}."
    if review.asked:
        yield from _section("Asked of you", [f"- [ ] {_plain(line)}" for line in review.asked], most=detail.permissions)
    held = [(stack, each) for stack in review.stacks for each in stack.widened]
    if held:
        yield from _section("Permissions that widen", _permissions(held), most=detail.permissions)
    yield from _cost(review, detail)
    if review.images:
        yield from _section("Images", [f"- {_plain(note.message)}" for note in review.images], most=detail.permissions)
    for stack in review.stacks:
        yield from _stack(stack, detail)
    narrower = [(stack, each) for stack in review.stacks for each in stack.narrowed]
    if narrower:
        rows = _permissions(narrower)
        yield from _folded(f"{lines.counted(len(rows), 'permission')} narrower or gone", rows, most=detail.resources)


def _cost(review: Review, detail: Detail) -> Iterator[str]:
    if review.cost_problem:
        yield from _section("Cost", [f"- unknown: {_plain(review.cost_problem)}"], most=detail.resources)
    if review.cost:
        rows = [f"- {_plain(change_words.headline(review.cost))}"]
        rows += [f"- {_plain(row)}" for row in change_words.rows(review.cost)]
        yield from _section("Cost", rows, most=detail.resources)


def _section(heading: str, rows: list[str], *, most: int) -> Iterator[str]:
    yield ""
    yield f"**{heading}**"
    yield ""
    yield from _most(rows, most)


def _folded(summary: str, rows: list[str], *, most: int) -> Iterator[str]:
    yield ""
    yield f"<details><summary>{_escaped(summary)}</summary>"
    yield ""
    yield from _most(rows, most)
    yield ""
    yield "</details>"


def _most(rows: list[str], most: int) -> Iterator[str]:
    yield from rows[:most]
    if len(rows) > most:
        yield f"- … and {len(rows) - most:,} more lines"


def _permissions(held: Sequence[tuple[StackReview, Permission]]) -> list[str]:
    rows = []
    for stack, each in held:
        marks = f" ⚠ **{', '.join(each.marks)}**" if each.marks else ""
        how = "" if each.how in ("opened", "narrower") else f" {each.how}:"
        rows.append(f"- {_code(stack.name)} {_code(lines.holder(each))}:{how} {_code(lines.permission(each))}{marks}")
    return rows


def _stack(stack: StackReview, detail: Detail) -> Iterator[str]:
    if stack.state == "unchanged":
        return
    rows: list[str] = []
    for _, changes in lists_of(list(stack.changes)):
        for change in changes:
            rows.append(f"- {_code(change.logical_id)} {_plain(change.type)}: {_plain(lines.change(change))}")
            shown = [each for each in change.properties if not each.build][: detail.properties]
            for each in shown:
                mark = {"yes": " (replaces)", "maybe": " (may replace)", "no": ""}[each.replaces]
                rows.append(f"  - {_code(each.path)}{mark}: {_code(each.before)} → {_code(each.after)}")
    rows += [f"- output {_plain(each)}" for each in stack.outputs]
    summary = f"{stack.name} {lines.stack_state(stack)}"
    if rows:
        summary += f": {lines.counted(len(stack.changes), 'resource')}"
    yield from _folded(summary, rows, most=detail.resources)


_ESCAPES: dict[str, str] = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MEANINGFUL = re.compile(r"([\\`*_\[\]|~#@])")
_LINE_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in _LINE_BREAKS.sub(" ", text))


def _plain(text: str) -> str:
    """A text in which no character is Markdown or HTML, and no @name notifies anybody."""
    return _MEANINGFUL.sub(_backslashed, _escaped(text))


def _backslashed(match: re.Match[str]) -> str:
    # A backslash does not stop an @name from notifying somebody; a word joiner after the @ does.
    return "@\u2060" if match[1] == "@" else f"\\{match[1]}"


def _code(text: str) -> str:
    """A text in a code span, whose fence is longer than any run of backticks in it (CommonMark 6.1)."""
    inner = _LINE_BREAKS.sub(" ", text)
    longest = max((len(run) for run in re.findall(r"`+", inner)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if longest or not inner.strip() else ""
    return f"{fence}{padding}{inner}{padding}{fence}"
