"""Reading the registry of features (contracts/features/registry.py says what it holds)."""

from __future__ import annotations

from pathlib import Path

from contracts.features import computed, registry
from contracts.features.registry import Registry
from contracts.features.values import FeatureError
from environments.reading.errors import SettingsError
from environments.reading.files import parse


def load(name: str, *, root: Path) -> Registry:
    """The registry in the file `name`, from the repository's root. Raises SettingsError with one line."""
    try:
        found = registry.parse(parse(root / Path(name).expanduser(), root=root), where=name)
    except FeatureError as error:
        raise SettingsError(str(error)) from None
    fault = computed.fault(found)
    if fault:
        raise SettingsError(f"{name}: {fault}")
    return found
