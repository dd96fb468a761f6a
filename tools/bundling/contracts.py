"""Which modules of contracts/ a bundle needs: those that its own modules import, and what these import in turn.

Only whole names are followed, so a relative import is refused here, as ruff refuses it (TID252).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.bundling.errors import BundleError

PACKAGE = "contracts"


def needed(files: Iterable[Path], *, root: Path) -> list[str]:
    """Paths below `root`, sorted: the package's __init__.py and the modules that the files import; [] for none."""
    modules: set[str] = set()
    waiting = [file for file in files if file.suffix == ".py"]
    while waiting:
        file = waiting.pop()
        for module in _imported(file, root=root):
            if module not in modules:
                modules.add(module)
                waiting.append(root / module)
    return sorted({f"{PACKAGE}/__init__.py", *modules}) if modules else []


def _imported(file: Path, *, root: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE]
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise BundleError(f"{file}: line {node.lineno} is a relative import; write the module's whole name")
        elif isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            names = [f"{PACKAGE}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
            names = [str(node.module)]
        else:
            continue
        for name in names:
            module = f"{name.replace('.', '/')}.py"
            if not (root / module).is_file():
                raise BundleError(f"{file}: imports {name}, but there is no {module}")
            yield module
