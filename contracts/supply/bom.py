"""Bills of materials in CycloneDX 1.6 (ECMA-424): the build writes those of functions and images, a job its model's.

Equal contents give equal bytes: no clock, no random serial number, everything sorted. Standard library only.
"""

from __future__ import annotations

import email.parser
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import Any

SPEC = "1.6"
MEDIA_TYPE = "application/vnd.cyclonedx+json; version=1.6"
SUFFIX = ".cdx.json"
_SCHEMA = f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json"
# Whatever belongs to no other name space of UUIDs is named by URLs.
_SERIALS = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/docs/1.6/json/#serialNumber")
_ROOT = "subject"
_LICENCE_CLASSIFIER = "License :: OSI Approved :: "
_LONGEST_NAME = 60

Component = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Package:
    """An installed Python package. licence: "" where it states none; is_spdx: an expression, not free text."""

    name: str
    version: str
    licence: str = ""
    is_spdx: bool = False

    def component(self) -> Component:
        """A library, named by its package URL (github.com/package-url/purl-spec: names in lower case, with hyphens)."""
        purl = f"pkg:pypi/{canonical(self.name)}@{self.version}"
        return {
            "type": "library",
            "bom-ref": purl,
            "name": canonical(self.name),
            "version": self.version,
            "purl": purl,
            **licences(self.licence, is_spdx=self.is_spdx),
        }


def canonical(name: str) -> str:
    """A package's name as PyPI compares names (packaging.python.org, "Name normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licences(stated: str, *, is_spdx: bool = False) -> dict[str, Any]:
    """A component's `licenses` for a stated licence; nothing for none."""
    if not stated:
        return {}
    return {"licenses": [{"expression": stated} if is_spdx else {"license": {"name": stated}}]}


def packages_in(folder: Path) -> list[Package]:
    """The packages whose metadata lie in a folder, as pip has installed them there."""
    return _packages(metadata.distributions(path=[str(folder)]))


def packages_here() -> list[Package]:
    """The packages that this process can import."""
    return _packages(metadata.distributions())


def _packages(found: Iterable[metadata.Distribution]) -> list[Package]:
    # The first of a name is the one that would be imported.
    known: dict[str, Package] = {}
    for each in found:
        # Damaged metadata have no name: nothing can be said of them.
        head = email.parser.HeaderParser().parsestr(each.read_text("METADATA") or "")
        name, version = head.get("Name", ""), head.get("Version", "")
        if name and version:
            licence, is_spdx = _licence(head)
            known.setdefault(canonical(name), Package(name=name, version=version, licence=licence, is_spdx=is_spdx))
    return [known[name] for name in sorted(known)]


def _licence(head: Message) -> tuple[str, bool]:
    """What a package's metadata say (core metadata 2.4: an SPDX expression; before, classifiers or free text)."""
    expression = str(head.get("License-Expression") or "").strip()
    if expression:
        return expression, True
    classifiers = [str(each) for each in head.get_all("Classifier", [])]
    named = [each.removeprefix(_LICENCE_CLASSIFIER) for each in classifiers if each.startswith(_LICENCE_CLASSIFIER)]
    if named:
        return " / ".join(sorted(named)), False
    lines = str(head.get("License") or "").strip().splitlines()
    # Some put the whole licence's text there.
    return (lines[0].strip() if len(lines) == 1 and len(lines[0]) <= _LONGEST_NAME else ""), False


def file(name: str, sha256: str) -> Component:
    """A file by its path in what the bill is of."""
    return {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": hashes(sha256)}


def hashes(sha256: str) -> list[dict[str, str]]:
    """A component's `hashes`."""
    return [{"alg": "SHA-256", "content": sha256}]


def document(subject: Component, components: Iterable[Component], *, properties: Mapping[str, str]) -> dict[str, Any]:
    """A bill of the subject, which consists of the components. properties: facts without a place of their own."""
    listed = sorted(components, key=lambda each: (each["type"], each["bom-ref"]))
    top = {**subject, "bom-ref": _ROOT}
    if properties:
        top["properties"] = [{"name": f"rubric:{name}", "value": properties[name]} for name in sorted(properties)]
    content = {
        "metadata": {"component": top},
        "components": listed,
        "dependencies": [{"ref": _ROOT, "dependsOn": sorted(each["bom-ref"] for each in listed)}],
    }
    serial = uuid.uuid5(_SERIALS, json.dumps(content, sort_keys=True))
    head = {"$schema": _SCHEMA, "bomFormat": "CycloneDX", "specVersion": SPEC, "serialNumber": f"urn:uuid:{serial}"}
    return {**head, "version": 1, **content}


def encoded(bill: Mapping[str, Any]) -> bytes:
    """The bill's file."""
    return (json.dumps(bill, indent=1, ensure_ascii=False) + "\n").encode()


def is_one(value: Any) -> bool:
    """Whether a parsed document is a bill of this format."""
    return isinstance(value, dict) and value.get("bomFormat") == "CycloneDX" and value.get("specVersion") == SPEC
