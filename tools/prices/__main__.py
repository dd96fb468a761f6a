"""`make prices`: renews contracts/prices/snapshot.py from AWS's price list; no credentials, only a network.

make prices                                    the regions of the environments' files
make prices ARGS="--region eu-central-1"       another region, beside those that are there
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from contracts.prices import snapshot
from environments.settings import SettingsError, load
from tools.prices import offers, renewal, written
from tools.prices.offers import PriceList, PriceListError

ROOT = Path(__file__).resolve().parents[2]


def main(argv: Sequence[str] | None = None, *, file: Path = written.FILE, root: Path = ROOT) -> int:
    """The command: 0, or 1 with a sentence if the list could not be read; then the snapshot is as it was."""
    parser = argparse.ArgumentParser(
        prog="make prices", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--region", action="append", default=[], help="a region; several times for several")
    parser.add_argument("--address", default=offers.BASE, help="where the price list is, such as a mirror")
    options = parser.parse_args(argv)
    before = written.read(snapshot.PRICES, snapshot.SOURCES, snapshot.DATE)
    try:
        made = renewal.renewed(
            before,
            PriceList(options.address),
            regions=options.region or _regions(root),
            today=datetime.now(tz=UTC).date().isoformat(),
            say=print,
        )
    except PriceListError as error:
        print(f"error: {error}; the snapshot is as it was", file=sys.stderr)
        return 1
    written.write(made.contents, file=file)
    for line in made.kept:
        print(f"kept as it was, because the price list does not have it: {line}")
    for line in made.missing:
        print(f"unknown: {line}")
    return 0


def _regions(root: Path) -> list[str]:
    """The regions of the environments' own files."""
    found = set()
    for file in sorted((root / "environments").glob("*.yaml")):
        if file.stem.endswith(".override"):
            continue
        try:
            found.add(load(file.stem, root=root).region)
        except SettingsError:  # another file of the folder, or a mistake that its own commands report
            continue
    return sorted(found)


if __name__ == "__main__":
    raise SystemExit(main())
