"""Compares bills of materials with advisories, and with what somebody has accepted until a day."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from contracts.supply import bom
from tools.supply.advisories import Advisory
from tools.supply.errors import SupplyError

_PYPI = "pkg:pypi/"
_NEEDED = {"id", "package", "until", "why"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An advisory about a package's version, and the bills that have it. accepted: by whom and why, "" if not."""

    advisory: Advisory
    version: str
    bills: tuple[str, ...]
    accepted: str = ""

    def __str__(self) -> str:
        """One line."""
        also = f" ({', '.join(self.advisory.aliases)})" if self.advisory.aliases else ""
        versions = " and ".join(self.advisory.fixed)
        fixed = f"; fixed in {versions}" if versions else "; no fixed version is known"
        why = f"; {self.accepted}" if self.accepted else ""
        return (
            f"{self.advisory.package} {self.version}: {self.advisory.id}{also}: {self.advisory.summary}{fixed}; "
            f"in {', '.join(self.bills)}{why}"
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """refused: findings that nobody has accepted; unclear: advisories on a package here that cannot be judged."""

    bills: int
    packages: int
    advisories: int
    refused: list[Finding] = field(default_factory=list)
    accepted: list[Finding] = field(default_factory=list)
    unclear: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """An advisory about a package that is known and tolerated up to and including a day."""

    id: str
    package: str
    until: dt.date
    why: str


def read_bills(places: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """The bills in the files and folders, by name. SupplyError for one that CycloneDX's schema refuses, or for none."""
    found: dict[str, dict[str, Any]] = {}
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    for place in places:
        if not place.exists():
            raise SupplyError(f"{place} does not exist: `make sbom` writes the bills of materials")
        base = place if place.is_dir() else place.parent
        for file in sorted(place.rglob(f"*{bom.SUFFIX}")) if place.is_dir() else [place]:
            text = file.read_text("utf-8")
            fault = _fault(text, validator)
            if fault:
                raise SupplyError(f"{file} is no bill of materials in CycloneDX {bom.SPEC}: {fault}")
            found[file.relative_to(base).as_posix().removesuffix(bom.SUFFIX)] = json.loads(text)
    if not found:
        raise SupplyError("There is no bill of materials to check: `make sbom` writes them")
    return found


def _fault(text: str, validator: JsonStrictValidator) -> str:
    try:
        fault = validator.validate_str(text)
    except ValueError as error:
        return str(error)
    return " ".join(str(fault).split())[:200] if fault else ""


def read_accepted(file: Path | None) -> list[Accepted]:
    """What is accepted; nothing without a file. SupplyError for an entry that lacks something."""
    if file is None or not file.exists():
        return []
    document = yaml.safe_load(file.read_text("utf-8")) or {}
    entries = (document.get("accepted") if isinstance(document, dict) else None) or []
    for entry in entries:
        if not isinstance(entry, dict) or set(entry) != _NEEDED or not isinstance(entry["until"], dt.date):
            raise SupplyError(f"{file}: an entry of `accepted` needs id, package, until (a date) and why: {entry}")
    return [Accepted(**{**entry, "package": bom.canonical(str(entry["package"]))}) for entry in entries]


def compare(
    bills: dict[str, dict[str, Any]], advisories: Sequence[Advisory], accepted: Sequence[Accepted], *, today: dt.date
) -> Result:
    """Every advisory about a version in a bill."""
    where: dict[tuple[str, str], list[str]] = {}
    for name, bill in bills.items():
        for component in bill.get("components", []):
            if str(component.get("purl", "")).startswith(_PYPI):
                where.setdefault((component["name"], component["version"]), []).append(name)
    by_package: dict[str, list[Advisory]] = {}
    for each in advisories:
        by_package.setdefault(each.package, []).append(each)
    result = Result(bills=len(bills), packages=len(where), advisories=len(advisories))
    for (package, version), names in sorted(where.items()):
        for advisory in by_package.get(package, []):
            finding = Finding(advisory=advisory, version=version, bills=tuple(names))
            if advisory.affects(version):
                _sort(finding, result, accepted, today=today)
            elif advisory.unclear:
                result.unclear.append(finding)
    return result


def _sort(finding: Finding, result: Result, accepted: Sequence[Accepted], *, today: dt.date) -> None:
    names = {finding.advisory.id, *finding.advisory.aliases}
    known = [each for each in accepted if each.id in names and each.package == finding.advisory.package]
    last = max(known, key=lambda each: each.until, default=None)
    if last is None:
        result.refused.append(finding)
        return
    holds = last.until >= today
    said = f"accepted until {last.until}: {last.why}" if holds else f"accepted until {last.until}, which is over"
    (result.accepted if holds else result.refused).append(
        Finding(advisory=finding.advisory, version=finding.version, bills=finding.bills, accepted=said)
    )
