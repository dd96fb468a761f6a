"""The build output of this clone, for tests that build elsewhere."""

from __future__ import annotations

from pathlib import Path

from tools.bundling import build, targets

ROOT = Path(__file__).resolve().parents[1]


def built_native() -> Path:
    """The clone's compiled library, as `make build` leaves it; built when out of date."""
    build.build([targets.NATIVE], root=ROOT, out=ROOT / "build")
    return ROOT / "build" / targets.NATIVE.path


def share_cache(out: Path) -> None:
    """Give the build folder `out` the clone's packages and compiled library, which take long to fetch and make."""
    built_native()
    out.mkdir(parents=True, exist_ok=True)
    (out / ".cache").symlink_to(ROOT / "build" / ".cache")
