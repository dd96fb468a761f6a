"""An environment file in a separate repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from environments.settings import Settings, load

MINIMAL = """\
data:
  dataset:
    source: uci
training:
  gate:
    min_accuracy: 0.9
    min_macro_f1: 0.9
serving:
  mode: real-time
  container: huggingface
  instance_type: ml.c7i.large
  min_instances: 1
  max_instances: 1
"""

Loader = Callable[..., Settings]


@pytest.fixture
def load_text(tmp_path: Path) -> Loader:
    """Load an environment from YAML text, with an override's text merged on top."""
    folder = tmp_path / "environments"
    folder.mkdir(exist_ok=True)

    def load_it(text: str = MINIMAL, *, override: str | None = None, name: str = "test") -> Settings:
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        if override is not None:
            (folder / f"{name}.override.yaml").write_text(override, encoding="utf-8")
        return load(name, root=tmp_path)

    return load_it
