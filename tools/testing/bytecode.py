"""Where a run keeps Python's bytecode on a machine that writes none, as container images often say.

Without it each process would compile what it imports anew: 5 s of CPU for a synth, 10 s for an import of torch.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

_FORBIDDEN, _FOLDER = "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"


def environment(own: Mapping[str, str], root: Path) -> dict[str, str]:
    """`own` with the bytecode in build/ where it may not lie beside the sources; otherwise as it is."""
    if not own.get(_FORBIDDEN) or own.get(_FOLDER):
        return dict(own)
    return {**{name: value for name, value in own.items() if name != _FORBIDDEN}, _FOLDER: str(_folder(root))}


def forget_temporary(root: Path) -> None:
    """Delete the bytecode of what tests made in temporary folders: nothing imports it again."""
    temporary = Path(tempfile.gettempdir()).resolve()
    shutil.rmtree(_folder(root) / temporary.relative_to(temporary.anchor), ignore_errors=True)


def _folder(root: Path) -> Path:
    return root / "build" / ".cache" / "bytecode"
