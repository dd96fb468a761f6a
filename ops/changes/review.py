"""The review of an environment: its stacks' changes, permissions that widen, images, what is asked of a person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from ops.changes import resources
from ops.changes.assembly import Template
from ops.changes.permissions import holders, openings, widening
from ops.changes.permissions.widening import Permission
from ops.changes.resources import ResourceChange
from ops.cost.comparison import CostChange
from ops.errors import OpsError

State = Literal["new", "changed", "unchanged", "left", "gone"]


@dataclass(frozen=True, kw_only=True)
class StackReview:
    """A stack. state: `left` if it is deployed and not in the assembly, `gone` if only the earlier assembly has it."""

    name: str
    state: State
    status: str = ""
    changes: tuple[ResourceChange, ...] = ()
    widened: tuple[Permission, ...] = ()
    narrowed: tuple[Permission, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ImageNote:
    """An image whose patches end soon or have ended, or which nobody can judge."""

    image: str
    state: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class Review:
    """What one change does to one environment. compared: with what; asked: a line for each thing to do.

    cost: None if it cannot be told; cost_problem: then why, in a sentence.
    """

    environment: str
    compared: str
    stacks: tuple[StackReview, ...]
    images: tuple[ImageNote, ...] = ()
    asked: tuple[str, ...] = ()
    cost: CostChange | None = None
    cost_problem: str = ""

    @property
    def changed(self) -> bool:
        """Whether a deploy would change anything."""
        return any(stack.state in ("new", "changed") for stack in self.stacks)

    @property
    def widens(self) -> bool:
        """Whether it permits more than before."""
        return any(stack.widened for stack in self.stacks)


def of_stack(name: str, *, before: Template | None, after: Template, status: str = "") -> StackReview:
    """The review of one stack; `before` is None for a new one."""
    old: Template = before or {}
    found = resources.changes(old, after)
    earlier, later = holders.in_template(old), holders.in_template(after)
    outputs = _outputs(old, after)
    different = before is None or found or outputs or any(old.get(key) != after.get(key) for key in _ACTED_ON)
    return StackReview(
        name=name,
        state="new" if before is None else "changed" if different else "unchanged",
        status=status,
        changes=tuple(found),
        widened=(
            *openings.opened(old, after),
            *widening.widened(earlier, later, remaining=after.get("Resources") or {}),
        ),
        narrowed=tuple(widening.narrowed(earlier, later)),
        outputs=outputs if before is not None else (),
    )


# Description and metadata of a template are text for people.
_ACTED_ON = ("Parameters", "Conditions", "Mappings", "Transform", "Rules")


def _outputs(old: Template, new: Template) -> tuple[str, ...]:
    before, after = old.get("Outputs") or {}, new.get("Outputs") or {}
    return tuple(
        f"{name} {'added' if name not in before else 'removed' if name not in after else 'changed'}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


def as_dict(review: Review) -> dict[str, Any]:
    """For `--json`; `from_file` reads it."""
    return {"changed": review.changed, "widens": review.widens, **_ADAPTER.dump_python(review, mode="json")}


def from_file(file: Path) -> list[Review]:
    """Reviews that `rubric stacks changes --json` printed. Raises OpsError if the file has none."""
    try:
        return _FILE.validate_json(file.read_bytes())["reviews"]
    except (ValidationError, KeyError):
        raise OpsError(f"{file} is no output of `rubric stacks changes --json`") from None


_ADAPTER = TypeAdapter(Review)
_FILE = TypeAdapter(dict[Literal["reviews"], list[Review]])
