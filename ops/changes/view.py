"""A review in the terminal."""

from __future__ import annotations

from ops.changes import lines
from ops.changes.resources import lists_of
from ops.changes.review import Review, StackReview
from ops.cost import change_words
from ops.terminal import screen

PROPERTIES = 8  # of a resource, unless everything is asked for


def show(review: Review, *, whole: bool) -> None:
    """Print a review. whole: with every property, and what only a build changed."""
    screen.heading(f"{lines.title(review)}: {lines.resources(review)}")
    screen.line(f"Compared with {review.compared}.", quiet=True)
    if review.asked:
        screen.heading("Asked of you")
        for line in review.asked:
            screen.point(line)
    _cost(review)
    widened = [(stack, each) for stack in review.stacks for each in stack.widened]
    if widened:
        screen.heading("Permissions that widen")
        for stack, each in widened:
            marks = f" [{', '.join(each.marks)}]" if each.marks else ""
            how = "" if each.how == "opened" else f" {each.how}:"
            screen.point(f"{stack.name}, {lines.holder(each)}:{how} {lines.permission(each)}{marks}")
    if review.images:
        screen.heading("Images")
        for note in review.images:
            screen.point(note.message)
    for stack in review.stacks:
        if stack.state != "unchanged":
            _stack(stack, whole=whole)
    _narrowed(review, whole=whole)


def _cost(review: Review) -> None:
    if review.cost_problem:
        screen.line(f"Cost: unknown. {review.cost_problem}")
    if review.cost:
        screen.heading(f"Cost: {change_words.headline(review.cost)}")
        for row in change_words.rows(review.cost):
            screen.point(row)


def _stack(stack: StackReview, *, whole: bool) -> None:
    screen.heading(f"{stack.name} {lines.stack_state(stack)}")
    built = [change for change in stack.changes if change.only_build and change.replacement == "no"]
    for _, changes in lists_of(list(stack.changes)):
        for change in changes:
            if change in built and not whole:
                continue
            screen.point(f"{change.logical_id} ({change.type}): {lines.change(change)}")
            shown = [each for each in change.properties if whole or not each.build]
            for each in shown[: None if whole else PROPERTIES]:
                mark = {"yes": ", replaces", "maybe": ", may replace", "no": ""}[each.replaces]
                screen.line(f"    {each.path}{mark}: {each.before} → {each.after}", quiet=True)
            if not whole and len(shown) > PROPERTIES:
                screen.line(f"    and {len(shown) - PROPERTIES} more (--all shows them)", quiet=True)
    if built and not whole:
        names = tuple(change.logical_id for change in built)
        screen.point(f"a new build of {lines.counted(len(built), 'resource')}: {lines.listed(names, most=5)}")
    for output in stack.outputs:
        screen.point(f"output {output}")


def _narrowed(review: Review, *, whole: bool) -> None:
    narrowed = [(stack, each) for stack in review.stacks for each in stack.narrowed]
    if not narrowed:
        return
    screen.heading(f"{lines.counted(len(narrowed), 'permission')} narrower or gone")
    for stack, each in narrowed if whole else narrowed[:10]:
        screen.point(f"{stack.name}, {lines.holder(each)}: {lines.permission(each)}")
    if not whole and len(narrowed) > 10:
        screen.line(f"and {len(narrowed) - 10} more (--all shows them)", quiet=True)
