"""Checks of this repository besides its tests: its pages, its imports, its contract's versions."""
