"""Members of tar archives that an unpacker must refuse or accept. All are empty."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

Member = tuple[str, str]  # a name, and whither it links: "" for a file, "->place" for a link, "=place" for a hard link

REFUSED: dict[str, list[Member]] = {
    "a name above": [("../x", "")],
    "a name above in the middle": [("a/../../x", "")],
    "an absolute name": [("/x", "")],
    "a link above": [("a/l", "->../../x")],
    "an absolute link": [("l", "->/x")],
    "a hard link above": [("l", "=../x")],
    "an absolute hard link": [("l", "=/x")],
    "through a link": [("a", "->b"), ("a/x", "")],
    "through a link of another case": [("a", "->b"), ("A/x", "")],
    "through a link that comes after": [("a/x", ""), ("a", "->b")],
    "over a link": [("a", "->b"), ("a", "")],
    "a link by way of a link": [("s/t/up", "->.."), ("e", "->s/t/up/../../x")],
    "a link to a link": [("a", "->b"), ("c", "->a")],
    "a hard link by way of a link": [("a", "->b"), ("c", "=a/x")],
}
TAKEN: list[Member] = [
    ("./", ""),
    ("./model/a.bin", ""),
    ("snapshots/a", "->../model/a.bin"),
    ("b..c", ""),
]


def write(path: Path, members: Iterable[Member]) -> Path:
    """A tar.gz of the members, each file with its own name as its content."""
    with tarfile.open(path, "w:gz") as archive:
        for name, link in members:
            member = tarfile.TarInfo(name)
            if name.endswith("/"):
                member.type = tarfile.DIRTYPE
            elif link.startswith("->"):
                member.type, member.linkname = tarfile.SYMTYPE, link[2:]
            elif link:
                member.type, member.linkname = tarfile.LNKTYPE, link[1:]
            content = name.encode() if member.isfile() else b""
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
