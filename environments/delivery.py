"""Settings of delivery into an account: `load(root=Path("."))` reads and checks `delivery/delivery.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from contracts.deployment.delivery import FILE, stack_name
from environments.reading.errors import SettingsError
from environments.reading.files import Source, read
from environments.reading.messages import describe
from environments.sections.delivery import Delivery, DeliveryFile
from environments.settings import Settings
from environments.settings import load as load_environment

__all__ = ["Delivered", "SettingsError", "load", "of_environment", "refuse_another"]


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """Delivery into one account. file: as messages name it. environments: at least one, all of one project."""

    file: str
    settings: Delivery
    environments: tuple[Settings, ...]

    @property
    def stack_name(self) -> str:
        """The stack's name."""
        return stack_name(self.environments[0].project)

    @property
    def account(self) -> str | None:
        """The account, where the environments' files name one."""
        return self.environments[0].account

    @property
    def region(self) -> str:
        """The region of the stack: the first environment's. What it holds is the account's."""
        return self.environments[0].region


def load(file: str = FILE, *, root: Path) -> Delivered:
    """Read and check an account's delivery.

    file: a path, relative to root. Raises SettingsError with one line: what is wrong, where, and what is allowed.
    """
    path = Path(file) if Path(file).is_absolute() else root / file
    if not path.is_file():
        raise SettingsError(f"{file}: no such file; it says which repository deploys which environments")
    source = read(path, root=root)
    try:
        settings = DeliveryFile.model_validate(source.values).delivery
    except ValidationError as error:
        raise SettingsError(describe(error, source=source, model=DeliveryFile)) from None
    _refuse(next(_wrong(settings), None), source=source)
    environments = tuple(_environment(name, source=source, root=root) for name in settings.environments)
    _refuse(next(_contradictions(environments), None), source=source)
    return Delivered(file=source.file, settings=settings, environments=environments)


def of_environment(name: str, *, root: Path) -> Delivered | None:
    """Delivery of an environment, from the first file of delivery/ that lists it; None where none does.

    A file without a repository is one that nobody has filled in. Raises SettingsError for one that is wrong.
    """
    for path in sorted((root / FILE).parent.glob("*.yaml")):
        section = read(path, root=root).values.get("delivery")
        if not isinstance(section, dict) or "repository" not in section:
            continue
        if name in (section.get("environments") or []):
            return load(path.relative_to(root).as_posix(), root=root)
    return None


def refuse_another(
    delivered: Delivered, *, environment: str, repository: str, owner_id: str, repository_id: str
) -> None:
    """Raise SettingsError if a workflow's run may not deploy an environment.

    repository, owner_id, repository_id: GITHUB_REPOSITORY, GITHUB_REPOSITORY_OWNER_ID and GITHUB_REPOSITORY_ID of the
    run (GitHub, "Variables reference").
    """
    settings = delivered.settings
    known = ", ".join(settings.environments)
    if not environment:
        raise SettingsError(f"{delivered.file}: the run names no environment; use one of {known}")
    if environment not in settings.environments:
        raise SettingsError(
            f"{delivered.file}: {environment} is not one of delivery.environments ({known}): a run deploys only those"
        )
    own = (settings.repository, settings.owner_id, settings.repository_id)
    ids = tuple(int(number) if number.isdigit() else None for number in (owner_id, repository_id))
    asking = (repository, *(ids if settings.subject == "ids" else (None, None)))
    if asking != own:
        raise SettingsError(
            f"{repository or 'this repository'} may not deploy {environment}: {delivered.file} lets only "
            f"{settings.source.claim.removeprefix('repo:')} do that"
        )


def _wrong(settings: Delivery) -> Iterator[str]:
    """What is wrong within the section."""
    given = [name for name in ("owner_id", "repository_id") if getattr(settings, name) is not None]
    if settings.subject == "names" and given:
        yield (
            f"delivery.{given[0]}: is not part of a subject of names; remove it, or set delivery.subject to ids if "
            "GitHub writes the ids into this repository's tokens"
        )
    missing = [name for name in ("owner_id", "repository_id") if name not in given]
    if settings.subject == "ids" and missing:
        yield (
            f"delivery.{missing[0]}: is required with delivery.subject: ids; "
            f"`gh api repos/{settings.repository} --jq '.owner.id, .id'` prints both"
        )
    if len(set(settings.environments)) < len(settings.environments):
        yield "delivery.environments: name each environment once"


def _contradictions(environments: tuple[Settings, ...]) -> Iterator[str]:
    """What the environments' own settings say against delivering them together."""
    first = environments[0]
    for other in environments:
        for key, what in (("account", "account"), ("project", "project")):
            if getattr(other, key) != getattr(first, key):
                yield (
                    f"delivery.environments: {first.name} and {other.name} are not in one {what}; "
                    "write a file for each, and deploy each with its own stack"
                )
        if other.permissions_boundary is None:
            yield (
                f"delivery.environments: {other.name} has no permissions_boundary, without which the roles that a "
                f"deploy makes could have any permission; set it in its file, such as {other.prefix}-boundary"
            )
    for one in environments:
        for other in environments:
            if other.name != one.name and other.name.startswith(one.name):
                yield (
                    f"delivery.environments: {other.name} begins with {one.name}, and policies tell an environment's "
                    f"resources by the start of their names: {one.name} could reach those of {other.name}; rename one"
                )
    names = [each.permissions_boundary for each in environments]
    if len(set(names)) < len(names):
        yield "delivery.environments: two of them have the same permissions_boundary; name one for each"


def _environment(name: str, *, source: Source, root: Path) -> Settings:
    try:
        return load_environment(name, root=root)
    except SettingsError as error:
        raise SettingsError(f"{source.file_of(('delivery', 'environments'))}: delivery.environments: {error}") from None


def _refuse(problem: str | None, *, source: Source) -> None:
    if problem is not None:
        key = tuple(problem.split(":")[0].split("."))
        raise SettingsError(f"{source.file_of(key)}: {problem}")
