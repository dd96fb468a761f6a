"""Checks of this repository beside its tests: its pages, its imports, its contract's versions."""
