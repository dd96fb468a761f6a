"""Which modules of contracts/ and dataset_files/ a bundle needs: those that its own import, and these in turn.

Only whole names are followed, so a relative import is refused here, as ruff refuses it (TID252).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from tools.bundling.errors import BundleError

PACKAGE = "contracts"
PACKAGES = (PACKAGE, "dataset_files")


def needed(files: Iterable[Path], *, root: Path) -> list[str]:
    """Paths below `root`, sorted: the modules that the files import, and their packages' __init__.py; [] for none."""
    modules: set[str] = set()
    waiting = [file for file in files if file.suffix == ".py"]
    while waiting:
        file = waiting.pop()
        for module in _imported(file, root=root):
            if module not in modules:
                modules.add(module)
                waiting.append(root / module)
    packages = {folder for module in modules for folder in PurePosixPath(module).parents[:-1]}
    return sorted({*modules, *(f"{package}/__init__.py" for package in packages)})


def _imported(file: Path, *, root: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] in PACKAGES]
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise BundleError(f"{file}: line {node.lineno} is a relative import; write the module's whole name")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
            is_package = (root / node.module.replace(".", "/")).is_dir()
            names = [f"{node.module}.{alias.name}" for alias in node.names] if is_package else [node.module]
        else:
            continue
        for name in names:
            module = f"{name.replace('.', '/')}.py"
            if not (root / module).is_file():
                raise BundleError(f"{file}: imports {name}, but there is no {module}")
            yield module
