#!/usr/bin/env python3
"""Pictures of the console page for the documents, from the running local AWS: `make console-pictures`."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tools.browser.console_page import NARROW, Console, launched, opened

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs/images"
MOST_BYTES = 200_000
WIDE_PICTURE, NARROW_PICTURE = (1440, 1160), (NARROW[0], 1160)
TEXTS = [
    "Central bank raises interest rates as inflation worries investors",
    "Film festival opens with a star-studded premiere",
    "Doctors report new vaccine trial against the flu",
    "Actor to star in sequel about a phone maker",
]
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def classified(console: Console) -> None:
    """Four results, the last of them marked."""
    console.classify(*TEXTS)
    last = console.page.locator("#results > li").nth(len(TEXTS) - 1)
    last.get_by_role("button", name="Entertainment").or_(last.get_by_role("button", name="Right")).last.click()
    last.get_by_text("Saved: ").wait_for()
    console.page.locator("h1").hover()


def figures(console: Console) -> None:
    """The statistics, after some requests."""
    classified(console)
    console.open_tab("Statistics").locator(".columns").wait_for()


def evaluation(console: Console) -> None:
    """The model's figures."""
    console.open_tab("Model").locator(".confusion").wait_for()


def labelling(console: Console) -> None:
    """A text to label, after two others."""
    classified(console)
    panel = console.open_tab("Label")
    panel.get_by_label("Your name or initials").fill("ana")
    panel.get_by_role("button", name="Start labelling").click()
    for _ in range(2):
        with console.page.expect_response("**/v1/labels"):
            console.page.keyboard.press("1")
    console.page.locator("#label-last").get_by_text("you said").wait_for()


PICTURES: list[tuple[str, tuple[int, int], str, Callable[[Console], None]]] = [
    ("console-1440-light.png", WIDE_PICTURE, "light", classified),
    ("console-1440-dark.png", WIDE_PICTURE, "dark", figures),
    ("console-1440-model.png", WIDE_PICTURE, "light", evaluation),
    ("console-1440-label.png", WIDE_PICTURE, "light", labelling),
    ("console-360.png", NARROW_PICTURE, "light", classified),
]


def smaller(picture: bytes) -> bytes:
    """The same picture without metadata, packed as tightly as zlib can."""
    head, data, at = b"", b"", len(_SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        kind, body = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            head = body
        elif kind == b"IDAT":
            data += body
        at += 12 + length
    packed = min((zlib.compress(zlib.decompress(data), 9), data), key=len)
    return png(head, packed)


def png(head: bytes, packed: bytes, *, palette: bytes = b"") -> bytes:
    """A PNG file of its header, its compressed rows and, if it has one, its palette."""
    colours = _chunk(b"PLTE", palette) if palette else b""
    return _SIGNATURE + _chunk(b"IHDR", head) + colours + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def take(browser: Browser, status: dict[str, Any], *, folder: Path) -> list[Path]:
    """Write the pictures; their paths. Raises ValueError for one that is too large for a page of documents."""
    written = []
    for name, size, scheme, prepare in PICTURES:
        with opened(browser, status["console_url"], size=size, scheme=scheme) as console:
            console.use(status["api_key"])
            console.page.get_by_text("Healthy").wait_for()
            prepare(console)
            picture = smaller(console.page.screenshot())
        if len(picture) > MOST_BYTES:
            raise ValueError(f"{name} has {len(picture):,} bytes; {MOST_BYTES:,} are allowed")
        written.append(folder / name)
        written[-1].write_bytes(picture)
    return written


def main() -> int:
    """The command."""
    command = [sys.executable, "-m", "local", "status"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    status = json.loads(answer.stdout) if answer.stdout.strip() else {}
    if not status.get("console_url") or not status.get("api_key"):
        print("console-pictures: no local AWS with an API is running: `make demo` starts one", file=sys.stderr)
        return 1
    with launched() as browser:
        for path in take(browser, status, folder=IMAGES):
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
