"""A review in words: what the comment and the terminal both say."""

from __future__ import annotations

from collections import Counter

from ops.changes.permissions.widening import Permission
from ops.changes.resources import ResourceChange
from ops.changes.review import Review, StackReview

_FATES = {"lost": "its data is lost", "kept": "kept outside the stack", "exposed": "loses its protection"}


def title(review: Review) -> str:
    """The heading of an environment."""
    return review.environment or "stacks of no environment"


def counted(number: int, one: str, several: str = "") -> str:
    """`1 resource`, `2 resources`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def resources(review: Review) -> str:
    """`3 added, 12 changed (2 replaced), 1 removed`."""
    changes = [change for stack in review.stacks for change in stack.changes]
    kinds = Counter(change.kind for change in changes)
    replaced = sum(change.replacement == "yes" for change in changes)
    maybe = sum(change.replacement == "maybe" for change in changes)
    listed = [
        f"{kinds['added']:,} added" if kinds["added"] else "",
        f"{kinds['changed']:,} changed" if kinds["changed"] else "",
        f"{kinds['removed']:,} removed" if kinds["removed"] else "",
        f"{replaced:,} of them replaced" if replaced else "",
        f"{maybe:,} of them perhaps replaced" if maybe else "",
    ]
    gone = sum(stack.state in ("left", "gone") for stack in review.stacks)
    if gone:
        listed.append(f"{counted(gone, 'stack')} no longer in the assembly")
    return ", ".join(filter(None, listed)) or ("outputs or parameters changed" if review.changed else "no change")


def lost(review: Review) -> int:
    """How many resources lose data."""
    return sum(change.data == "lost" for stack in review.stacks for change in stack.changes)


def stack_state(stack: StackReview) -> str:
    """What becomes of a stack."""
    return {
        "new": "is created",
        "changed": "is updated",
        "unchanged": "does not change",
        "left": "is deployed and not in the assembly: a deploy leaves it as it is",
        "gone": "is no longer in the assembly: a deploy leaves it as it is",
    }[stack.state]


def change(each: ResourceChange) -> str:
    """What becomes of a resource, after its name and type: `replaced: it names Model, which is replaced`."""
    what: str = each.kind
    if each.kind == "changed":
        what = {"yes": "replaced", "maybe": "changed, perhaps replaced", "no": "changed"}[each.replacement]
        if each.only_build and each.replacement == "no":
            what = "new build"
        if each.because:
            what += f": {each.because}"
    if each.data:
        what += f"; {_FATES[each.data]} ({each.held})"
    return what


def holder(permission: Permission) -> str:
    """Who holds a permission: `role Handler` for `role ${Handler}`."""
    return permission.holder.replace("${", "").replace("}", "")


def permission(each: Permission) -> str:
    """What a permission says, after its holder."""
    if each.note:
        return each.note
    words = [each.effect, listed(each.actions)]
    if each.principals:
        words += ["to" if each.effect == "Allow" else "for", listed(each.principals)]
    words += ["on", listed(each.resources)]
    if each.conditions:
        words += ["if", " and ".join(each.conditions)]
    if each.dropped:
        words.append(f"(no longer only if {' and '.join(each.dropped)})")
    return " ".join(words)


def listed(texts: tuple[str, ...], *, most: int = 12) -> str:
    """Texts in one line; beyond `most`, how many more there are."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more
