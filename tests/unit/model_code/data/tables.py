"""Tables of several kinds for the tests of reading."""

from __future__ import annotations

from pathlib import Path


def write(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def table(delimiter: str = ",", header: str = "title{d}category", rows: int = 12) -> str:
    lines = [header.replace("{d}", delimiter)]
    for number in range(rows):
        lines.append(f"shares rise {number}{delimiter}Business")
        lines.append(f"film opens {number}{delimiter}Film")
    return "\n".join(lines) + "\n"
