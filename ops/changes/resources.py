"""What becomes of each resource of a stack: added, changed, replaced or removed, and of the data in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from environments.aws.resource_types import ResourceType, known
from ops.changes import values
from ops.changes.assembly import Template
from ops.changes.values import ABSENT

Kind = Literal["added", "changed", "removed"]
Replacement = Literal["no", "maybe", "yes"]
# `lost`: deleted with the resource; `kept`: stays without a stack; `exposed`: the next removal would delete it.
Fate = Literal["", "lost", "kept", "exposed"]
# What a type holds that a template cannot bring back.
HELD = {
    "AWS::S3::Bucket": "objects",
    "AWS::DynamoDB::GlobalTable": "items",
    "AWS::DynamoDB::Table": "items",
    "AWS::KMS::Key": "the key, and so all that it encrypts",
    "AWS::SecretsManager::Secret": "the secret's value",
    "AWS::Logs::LogGroup": "log events",
    "AWS::SQS::Queue": "messages",
    "AWS::ECR::Repository": "images",
    "AWS::SageMaker::ModelPackageGroup": "registered models",
    "AWS::SSM::Parameter": "the value",
}
_ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy", "Condition", "DependsOn", "CreationPolicy", "UpdatePolicy")
_KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    """One property. path: `Environment.Variables.MODE`; build: only the hash of what a build made differs."""

    path: str
    before: str
    after: str
    replaces: Replacement = "no"
    build: bool = False


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """One resource. because: why it is replaced or updated, if not by a property of its own; held: its data."""

    kind: Kind
    logical_id: str
    type: str
    properties: tuple[PropertyChange, ...] = ()
    replacement: Replacement = "no"
    because: str = ""
    data: Fate = ""
    held: str = ""

    @property
    def only_build(self) -> bool:
        """Whether nothing but the code or another result of the build changes."""
        return self.kind == "changed" and bool(self.properties) and all(each.build for each in self.properties)


def changes(before: Template, after: Template) -> list[ResourceChange]:
    """What an update from one template to the other does to each resource, by logical id."""
    old, new = _resources(before), _resources(after)
    found: dict[str, ResourceChange] = {}
    for name in sorted(old.keys() | new.keys()):
        change = _change(name, old.get(name), new.get(name))
        if change:
            found[name] = change
    _follow_replacements(found, new)
    return [_with_data(found[name], old.get(name, {}), new.get(name, {})) for name in sorted(found)]


def _resources(template: Template) -> dict[str, dict[str, Any]]:
    listed = template.get("Resources")
    return {name: each for name, each in (listed or {}).items() if isinstance(each, dict)}


def _change(name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> ResourceChange | None:
    if old is None or new is None:
        kind: Kind = "added" if old is None else "removed"
        return ResourceChange(kind=kind, logical_id=name, type=str((new or old or {}).get("Type", "")))
    if old.get("Type") != new.get("Type"):  # refused by CloudFormation, which the reader should see here
        why = f"its type was {old.get('Type')}: CloudFormation refuses that, so give it another logical id"
        return ResourceChange(
            kind="changed", logical_id=name, type=str(new.get("Type", "")), replacement="yes", because=why
        )
    facts = known().get(str(new.get("Type", "")), ResourceType())
    found = [
        _property(path, left, right, facts)
        for path, left, right in values.differences(old.get("Properties") or {}, new.get("Properties") or {})
    ]
    found += [
        PropertyChange(path=key, before=values.shortened(left, right), after=values.shortened(right, left))
        for key in _ATTRIBUTES
        for left, right in ((old.get(key, ABSENT), new.get(key, ABSENT)),)
        if left != right
    ]
    if not found:
        return None
    return ResourceChange(
        kind="changed",
        logical_id=name,
        type=str(new.get("Type", "")),
        properties=tuple(found),
        replacement=_worst([each.replaces for each in found]),
    )


def _property(path: values.Path, old: Any, new: Any, facts: ResourceType) -> PropertyChange:
    both = old is not ABSENT and new is not ABSENT
    return PropertyChange(
        path=".".join(path),
        before=values.shortened(old, new),
        after=values.shortened(new, old),
        replaces=replaces(path, facts),
        build=both and values.without_hashes(values.text(old)) == values.without_hashes(values.text(new)),
    )


def replaces(path: values.Path, facts: ResourceType) -> Replacement:
    """Whether a change at a path replaces the resource; `maybe` where the schema leaves it open."""
    if any(_at_or_below(path, each) for each in facts.create_only):
        return "yes"
    above = any(_at_or_below(tuple(each.split("/")), "/".join(path)) for each in facts.create_only)
    return "maybe" if above or any(_at_or_below(path, each) for each in facts.may_replace) else "no"


def _at_or_below(path: values.Path, pattern: str) -> bool:
    parts = pattern.split("/")
    return len(path) >= len(parts) and all(
        want in ("*", have) for want, have in zip(parts, path[: len(parts)], strict=True)
    )


def _worst(each: list[Replacement]) -> Replacement:
    return "yes" if "yes" in each else "maybe" if "maybe" in each else "no"


def _follow_replacements(found: dict[str, ResourceChange], new: dict[str, dict[str, Any]]) -> None:
    """Adds what follows: a resource that names a replaced one is updated, or replaced where that property replaces."""
    pending = [name for name, change in found.items() if change.replacement != "no"]
    while pending:
        replaced = pending.pop()
        for name, resource in new.items():
            paths = [path for path, target in values.referenced(resource.get("Properties") or {}) if target == replaced]
            if not paths or name == replaced:
                continue
            facts = known().get(str(resource.get("Type", "")), ResourceType())
            own = _worst([replaces(path, facts) for path in paths])
            reached = "maybe" if own == "yes" and found[replaced].replacement == "maybe" else own
            if _follow(found, name, str(resource.get("Type", "")), reached, replaced):
                pending.append(name)


def _follow(found: dict[str, ResourceChange], name: str, type_: str, reached: Replacement, replaced: str) -> bool:
    """Records it; True if the resource is now replaced and was not before."""
    change = found.get(name) or ResourceChange(kind="changed", logical_id=name, type=type_)
    if change.kind != "changed":
        return False
    worse = _worst([change.replacement, reached])
    if name in found and worse == change.replacement:
        return False
    found[name] = replace(change, replacement=worse, because=f"it names {replaced}, which is replaced")
    return worse != change.replacement


def _with_data(change: ResourceChange, old: dict[str, Any], new: dict[str, Any]) -> ResourceChange:
    held = HELD.get(str(old.get("Type", "")))
    if held is None or change.kind == "added":
        return change
    fate: Fate = ""
    if change.kind == "removed":
        fate = "kept" if _keeps(old, "DeletionPolicy") else "lost"
    elif change.replacement != "no":
        both = _keeps(old, "UpdateReplacePolicy") and _keeps(new, "UpdateReplacePolicy")
        fate = "kept" if both else "lost"
    elif any(_keeps(old, key) and not _keeps(new, key) for key in ("DeletionPolicy", "UpdateReplacePolicy")):
        fate = "exposed"
    return replace(change, data=fate, held=held if fate else "")


def _keeps(resource: dict[str, Any], policy: str) -> bool:
    return resource.get(policy) in _KEPT


def lists_of(found: list[ResourceChange]) -> Iterator[tuple[Kind, list[ResourceChange]]]:
    """The changes by kind, in the order in which people read them; kinds without any are left out."""
    order: tuple[Kind, ...] = ("removed", "changed", "added")
    for kind in order:
        some = [each for each in found if each.kind == kind]
        if some:
            yield kind, some
