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
    fault = _fault(found)
    if fault:
        raise SettingsError(f"{name}: {fault}")
    return found


def _fault(registry: Registry) -> str:
    """What a registry says of a feature that is computed otherwise or by nobody, in one sentence; "" if nothing."""
    for feature in registry.features:
        known = computed.COMPUTED[feature.entity].get(feature.name)
        what = f"the {feature.entity} feature {feature.name!r}"
        if known is None:
            return (
                f"nothing computes {what}: leave it out, or use one of {', '.join(computed.COMPUTED[feature.entity])}"
            )
        if (feature.type, feature.source) != known:
            return (
                f"{what} is computed as {known[0]} from {known[1]}: write that, not {feature.type} from "
                f"{feature.source}"
            )
    return ""
