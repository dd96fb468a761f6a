"""Synthesises environments of one checkout in one process: `synthesise.py ROOT OUT NAME=FILE ...` (or just NAME).

Run as a script by tools/templates/checkouts.py. It knows of the checkout no more than its app.py and its cdk.json, so
that it works on any revision.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def main(root: Path, out: Path, environments: list[str]) -> int:
    """Leave each environment's templates in OUT/NAME, or why it was refused in OUT/NAME/refused."""
    sys.path.insert(0, str(root))
    sys.argv = ["app.py"]
    app = import_module("app")  # sets JSII_NODE, so it comes first
    cdk = import_module("aws_cdk")

    if not Path(str(app.__file__)).is_relative_to(root):
        raise SystemExit(f"{app.__file__} was imported, not {root}/app.py")
    context = json.loads((root / "cdk.json").read_text(encoding="utf-8"))["context"]
    make: Callable[..., Any] = cdk.App
    for each in environments:
        name, _, file = each.partition("=")
        folder = out / name
        combined = {**context, "env": file or name}

        def one(_combined: dict[str, Any] = combined, _folder: Path = folder, **options: Any) -> Any:
            context = {**_combined, **options.get("context", {})}
            # CDK's rules for templates take as long as all else, and change none.
            unchecked = {"builtin_cloud_formation_validation": False}
            return make(**{**options, **unchecked, "outdir": str(_folder), "context": context})

        cdk.App = one  # type: ignore[attr-defined]
        if app.main():  # it has printed why
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "refused").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
