#!/usr/bin/env python3
"""The picture of an explored dataset for docs/explore.md: `make eda-picture`. Needs no AWS."""

from __future__ import annotations

import base64
import csv
import random
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page

from tools.browser.console_page import launched
from tools.browser.console_pictures import IMAGES, ROOT, png

PICTURE = IMAGES / "eda.png"
ROWS = 12_000
WIDTH = 1120
_FIRST_DAY, _DAYS = datetime(2026, 3, 2, tzinfo=UTC), 90
_PUBLISHERS = [
    f"{place} {kind}"
    for kind in ("Post", "Herald", "Wire", "Courier", "Observer")
    for place in ("Harbour", "Northern", "Valley", "City")
]
# A picture's pixels as RGBA, by the browser that took it.
_PIXELS = """async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Blob([context.getImageData(0, 0, image.width, image.height).data]);
  return await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve([image.width, image.height, reader.result.split(",")[1]]);
    reader.readAsDataURL(pixels);
  });
}"""


def dataset(path: Path) -> None:
    """Write generated headlines with invented publishers, stories and times; health news become more frequent."""
    generator = [sys.executable, "-m", "model_code.dataset_generator.generate_headlines"]
    plain = path.with_name("plain.csv")
    subprocess.run(
        [*generator, "--output", plain, "--rows", str(ROWS)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    draw = random.Random(7)
    with plain.open(encoding="utf-8", newline="") as read, path.open("w", encoding="utf-8", newline="") as written:
        rows = csv.writer(written)
        rows.writerow(["title", "category", "publisher", "story", "timestamp"])
        for number, row in enumerate(csv.DictReader(read)):
            publisher = _PUBLISHERS[min(int(draw.paretovariate(0.8)) - 1, len(_PUBLISHERS) - 1)]
            share = draw.random() ** (0.4 if row["category"] == "Health" else 0.7)
            time = _FIRST_DAY + timedelta(days=_DAYS * share)
            rows.writerow([row["title"], row["category"], publisher, f"s{number}", time.isoformat(timespec="seconds")])


def with_palette(width: int, height: int, rgba: bytes) -> bytes:
    """A PNG of the 256 most frequent colours, each other pixel in the nearest of them: a third of the size."""
    pixels = [rgba[at : at + 3] for at in range(0, len(rgba), 4)]
    counted = Counter(pixels)
    palette = [colour for colour, _ in counted.most_common(256)]
    place = {colour: _nearest(colour, palette) for colour in counted}
    rows = [bytes(place[pixel] for pixel in pixels[at : at + width]) for at in range(0, len(pixels), width)]
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return png(head, zlib.compress(b"".join(b"\0" + row for row in rows), 9), palette=b"".join(palette))


def _nearest(colour: bytes, palette: list[bytes]) -> int:
    def distance(index: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(colour, palette[index], strict=True))

    return min(range(len(palette)), key=distance)


def _picture(tab: Page) -> bytes:
    taken = base64.b64encode(tab.screenshot(full_page=True)).decode()
    tab.goto("about:blank")  # the report's own page lets no script run
    width, height, rgba = tab.evaluate(_PIXELS, f"data:image/png;base64,{taken}")
    return with_palette(width, height, base64.b64decode(rgba))


def main() -> int:
    """The command."""
    explore = [str(ROOT / ".venv-model/bin/python"), "-m", "model_code.training.explore"]
    with tempfile.TemporaryDirectory() as folder:
        file, page = Path(folder) / "headlines.csv", Path(folder) / "page.html"
        dataset(file)
        subprocess.run([*explore, file, "--html", page], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        with launched() as browser:
            tab = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
            tab.goto(page.as_uri())
            PICTURE.write_bytes(_picture(tab))
    print(f"{PICTURE.relative_to(ROOT)}  {PICTURE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
